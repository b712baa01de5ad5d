using System.Text.Json;
using DevicePlugin.Gpu.Health;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>
/// Causes of bad health in a JSON file. Written to a file beside it and renamed, so that a reader finds the whole of one
/// state whenever the process ends. The file is no more than a memory: what is wrong with it is a warning.
/// </summary>
public sealed class HealthFile(string path, ILogger logger)
{
    // An operator may look into it: what is moved aside is kept once.
    private const string AsideSuffix = ".unusable";

    // Far beyond what the most causes of the most GPUs take.
    private const long MostBytes = 4 * 1024 * 1024;

    private bool _isFailing;

    /// <summary>Empty when there is none or it cannot be used.</summary>
    public HealthMemory Load()
    {
        try
        {
            if (!File.Exists(path))
            {
                return HealthMemory.Empty;
            }

            if (Read(out var problem) is { } memory)
            {
                return memory;
            }

            logger.StateMovedAside(path, path + AsideSuffix, problem);
            File.Move(path, path + AsideSuffix, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.StateNotRead(path, exception.Message);
        }

        return HealthMemory.Empty;
    }

    public void Save(HealthMemory memory)
    {
        try
        {
            // No file is needed to remember nothing.
            if (memory.IsEmpty && !File.Exists(path))
            {
                return;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = $"{path}.new";
            File.WriteAllBytes(temporary, HealthJson.Write(memory));
            File.Move(temporary, path, overwrite: true);
            _isFailing = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isFailing)
            {
                logger.StateNotWritten(path, exception.Message);
            }

            _isFailing = true;
        }
    }

    private HealthMemory? Read(out string problem)
    {
        problem = $"it has more than {MostBytes} bytes";
        if (new FileInfo(path).Length > MostBytes)
        {
            return null;
        }

        try
        {
            return HealthJson.Read(File.ReadAllBytes(path));
        }
        catch (JsonException exception)
        {
            problem = exception.Message;
            return null;
        }
    }
}
