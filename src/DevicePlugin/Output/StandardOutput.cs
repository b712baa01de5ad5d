using System.Text;
using DevicePlugin.GoPlugin.Stdio;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Output;

/// <summary>
/// Standard output that notices when its reader is gone. .NET's own console stream swallows that error, and
/// <c>stats | head -1</c> would run for ever.
/// </summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    // EPIPE; an IOException carries the number of the system's error.
    private const int BrokenPipe = 32;

    public static void NoticeClosedPipe()
    {
        if (!Console.IsOutputRedirected || OperatingSystem.IsWindows())
        {
            return;
        }

        // Only a pipe can break, and in a file FileStream would keep a position of its own and write over what another
        // process of the same shell line has written.
        var stream = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        if (!stream.CanSeek)
        {
            Console.SetOut(new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true });
        }
    }

    /// <summary>What would go to a closed stream goes nowhere, and a full disk behind stderr is nobody's business.</summary>
    /// <returns>Whether standard output is open.</returns>
    public static bool SilenceClosed()
    {
        Console.SetError(StandardStreams.IsErrorWritable ? new TolerantWriter(Console.Error) : TextWriter.Null);
        if (StandardStreams.IsOutputWritable)
        {
            return true;
        }

        Console.SetOut(TextWriter.Null);
        return false;
    }

    public static bool IsClosedPipe(IOException exception) => exception.HResult == BrokenPipe;
}
