using DevicePlugin.Gpu.Health;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>Causes of bad health in a JSON file.</summary>
/// <param name="path">The file.</param>
/// <param name="bootId">The kernel's id of this boot; null where it has none.</param>
/// <param name="logger">Hears of a file that cannot be used.</param>
public sealed class HealthFile(string path, string? bootId, ILogger logger)
{
    public const string Name = "health.json";

    private readonly StateFile _file = new(path, "past causes of bad health", logger);

    /// <summary>Reads the kernel's clock, by which a date that was set in between is told; null: it is not known.</summary>
    public Func<BootMoment?> ReadClock { get; init; } = () => null;

    /// <summary>Whether a file that is written may take the place of the one that is there; null: it may.</summary>
    public Func<bool>? MayReplace { get; init; }

    /// <summary>Empty when there is none or it cannot be used.</summary>
    public HealthMemory Load() => Check(_file.Load(HealthJson.Read) ?? HealthMemory.Empty);

    /// <summary>The same for a command, which leaves a file that it cannot use to the plugin.</summary>
    public HealthMemory Peek(out string? problem) => Check(_file.Peek(HealthJson.Read, out problem) ?? HealthMemory.Empty);

    /// <summary>False if it could not be written.</summary>
    public bool Save(HealthMemory memory) => _file.Save(memory.IsEmpty, HealthJson.Write(memory with { Saved = ReadClock() }), MayReplace);

    // The numbers of lines begin again with each boot.
    private HealthMemory Check(HealthMemory memory) => memory.Shift(ReadClock()?.SetSince(memory.Saved) ?? TimeSpan.Zero) with
    {
        Clears = memory.Clears.RemoveAll(clear => bootId is null || clear.Line.BootId != bootId),
    };
}
