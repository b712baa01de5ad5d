using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>Reads specs that others wrote: whatever lies there, it takes no more than a bounded time and memory.</summary>
public static class CdiSpecReader
{
    // NVIDIA's for a node of eight GPUs takes a fiftieth.
    private const int MostBytes = 4 * 1024 * 1024;

    /// <param name="path">Of the file.</param>
    /// <param name="text">What could be read of it.</param>
    public static CdiSpecContent Read(string path, out ReadOnlyMemory<byte> text)
    {
        text = default;
        try
        {
            text = PlainFile.ReadStart(path, MostBytes, out var isWhole);
            return isWhole
                ? CdiSpecContent.Parse(text)
                : Unreadable($"it has more than {MostBytes} bytes");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Unreadable(exception.Message);
        }
    }

    // A runtime may still be able to read it. The kind is unknown, because NVIDIA's tool writes it at the end.
    private static CdiSpecContent Unreadable(string problem) => CdiSpecContent.Unclear(problem, "nvidia.com/gpu"u8);
}
