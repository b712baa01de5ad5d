using System.Text;
using DevicePlugin.GoPlugin.Stdio;

namespace DevicePlugin.Output;

/// <summary>
/// Standard output that notices when its reader is gone or its disk is full. .NET's own console stream swallows the first error, and
/// <c>stats | head -1</c> would never end.
/// </summary>
internal static class StandardOutput
{
    // EPIPE; an IOException carries the number of the system's error.
    private const int BrokenPipe = 32;

    private static AnswerStream? _answer;

    /// <summary>Why the answer of the command is not complete; null if it is.</summary>
    public static IOException? Trouble => _answer?.Trouble;

    public static void NoticeTrouble()
    {
        if (Console.IsOutputRedirected && !OperatingSystem.IsWindows())
        {
            _answer = new AnswerStream();
            Console.SetOut(new StreamWriter(_answer, new UTF8Encoding(false)) { AutoFlush = true });
        }
    }

    /// <summary>For a command that goes on until it is interrupted: it ends when its answer cannot be written.</summary>
    public static void EndAtTrouble()
    {
        if (_answer is not null)
        {
            _answer.Throws = true;
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
