using DevicePlugin.Gpu.Inventories;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>The GPUs that answered last, in a JSON file.</summary>
public sealed class KnownGpuFile(string path, ILogger logger)
{
    public const string Name = "gpus.json";

    private readonly StateFile _file = new(path, "the GPUs known before", logger);

    /// <summary>Empty when there is none or it cannot be used.</summary>
    public KnownGpuMemory Load() => _file.Load(KnownGpuJson.Read) ?? KnownGpuMemory.Empty;

    /// <summary>The same for a command, which leaves a file that it cannot use to the plugin.</summary>
    public KnownGpuMemory Peek() => _file.Peek(KnownGpuJson.Read, out _) ?? KnownGpuMemory.Empty;

    /// <summary>False if it could not be written.</summary>
    public bool Save(KnownGpuMemory memory) => _file.Save(memory.Devices.IsEmpty, KnownGpuJson.Write(memory));
}
