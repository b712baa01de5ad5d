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

    /// <summary>Whether the last save was kept.</summary>
    public bool IsKept => _file.IsKept;

    /// <summary>Empty when there is none or it cannot be used.</summary>
    public HealthMemory Load() => Check(_file.Load(HealthJson.Read) ?? HealthMemory.Empty);

    /// <summary>The same for a command, which leaves a file that it cannot use to the plugin.</summary>
    public HealthMemory Peek(out string? problem) => Check(_file.Peek(HealthJson.Read, out problem) ?? HealthMemory.Empty);

    public void Save(HealthMemory memory) => _file.Save(memory.IsEmpty, HealthJson.Write(memory));

    private HealthMemory Check(HealthMemory memory)
    {
        var now = DateTimeOffset.UtcNow;
        return memory with
        {
            // A clock that was set back makes a clear cover what came after it: then it covers nothing.
            Clears = memory.Clears.RemoveAll(clear => clear.BootId != bootId || clear.At > now),
        };
    }
}
