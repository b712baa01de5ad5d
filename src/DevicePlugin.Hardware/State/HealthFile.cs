using DevicePlugin.Gpu.Health;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>Causes of bad health in a JSON file.</summary>
public sealed class HealthFile(string path, ILogger logger)
{
    private readonly StateFile _file = new(path, "past causes of bad health", logger);

    /// <summary>Empty when there is none or it cannot be used.</summary>
    public HealthMemory Load() => _file.Load(HealthJson.Read) ?? HealthMemory.Empty;

    public void Save(HealthMemory memory) => _file.Save(memory.IsEmpty, HealthJson.Write(memory));
}
