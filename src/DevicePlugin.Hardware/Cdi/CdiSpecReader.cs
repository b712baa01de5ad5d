using DevicePlugin.Hardware.DeviceNodes;

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
            // Opening a pipe would wait for its other end.
            if (FileStatus.Read(path) is { IsRegularFile: false })
            {
                return Unreadable("it is not a regular file");
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[Math.Min(file.Length, MostBytes)];
            text = bytes.AsMemory(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            return file.Length > MostBytes
                ? CdiSpecContent.Unclear($"it has more than {MostBytes} bytes", text.Span)
                : CdiSpecContent.Parse(text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Unreadable(exception.Message);
        }
    }

    // A runtime of another user may be able to, and then find anything in it.
    private static CdiSpecContent Unreadable(string problem) => CdiSpecContent.Unclear(problem, "nvidia.com/gpu"u8);
}
