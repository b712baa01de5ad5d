using System.Runtime.InteropServices;

namespace DevicePlugin.GoPlugin.Stdio;

/// <summary>
/// The streams of a program that was started with one of them closed (<c>2&gt;&amp;-</c>): its number belongs to the next
/// file that is opened. That may be one that the runtime reads, which refuses to be written, and the exception would end the process;
/// or a socket or a file of ours, which would get the log.
/// </summary>
public static partial class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    // fcntl.h: O_ACCMODE, of which 0 is O_RDONLY; F_GETFD and F_GETFL; FD_CLOEXEC.
    private const int AccessMode = 3;
    private const int ReadOnly = 0;
    private const int GetDescriptorFlags = 1;
    private const int GetFlags = 3;
    private const int CloseOnExec = 1;

    // errno.h.
    private const int Interrupted = 4;
    private const int TryAgain = 11;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Whether standard output goes anywhere.</summary>
    public static bool IsOutputWritable => IsWritable(Output);

    /// <summary>Whether standard error goes anywhere.</summary>
    public static bool IsErrorWritable => IsWritable(Error);

    /// <summary>
    /// Gives the numbers of closed streams to something that refuses to be written. To be called before anything is opened; what the
    /// runtime has opened by then keeps its number.
    /// </summary>
    public static void FillClosed()
    {
        for (var descriptor = 0; descriptor <= Error && OperatingSystem.IsLinux(); descriptor++)
        {
            if (FlagsOf(descriptor, GetFlags) < 0)
            {
                // Open takes the lowest number that is free.
                _ = Open("/dev/null", ReadOnly);
            }
        }
    }

    /// <summary>
    /// Writes to standard output at the position of the descriptor. If the output is a file, .NET keeps its own offset and overwrites
    /// what other processes of the same shell line have written.
    /// </summary>
    /// <exception cref="IOException">The write failed; HResult is the errno.</exception>
    public static void WriteOutput(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = WriteTo(Output, bytes, bytes.Length);
            if (written >= 0)
            {
                bytes = bytes[(int)written..];
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == TryAgain)
            {
                // Another process that shares the stream has set O_NONBLOCK.
                Thread.Sleep(Pause);
            }
            else if (error != Interrupted)
            {
                throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
            }
        }
    }

    // What came with the start of the program is not closed by such a start; what the runtime opens is.
    private static bool IsWritable(int descriptor) =>
        !OperatingSystem.IsLinux()
        || (FlagsOf(descriptor, GetFlags) is >= 0 and var flags && (flags & AccessMode) != ReadOnly
            && (FlagsOf(descriptor, GetDescriptorFlags) & CloseOnExec) == 0);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FlagsOf(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
