using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using DevicePlugin.Hardware.Files;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.Tools;

/// <summary>
/// Runs a program of the driver without a shell, for a limited time, and keeps a limited output. The streams are files in
/// memory: a pipe would be kept open by whatever the program leaves behind.
/// </summary>
internal static partial class ToolRunner
{
    // Ample for a list of processes.
    private const int UsualBytes = 64 * 1024;

    private const uint CloseOnExec = 1;

    /// <param name="program">The program.</param>
    /// <param name="arguments">Each one is passed as it is.</param>
    /// <param name="input">For its standard input.</param>
    /// <param name="limit">After which it is killed with what it started.</param>
    /// <param name="timeProvider">Measures the limit.</param>
    /// <param name="cancellationToken">Kills it too.</param>
    /// <param name="mostBytes">The output is cut after as many.</param>
    /// <param name="keepsErrors">Whether what it prints to its standard error is a part of the output.</param>
    /// <param name="endsWhenFull">Whether it is killed for printing more than that, because it is useless when cut.</param>
    public static async Task<ToolResult> RunAsync(
        TrustedProgram program, string[] arguments, string input, TimeSpan limit, TimeProvider timeProvider,
        CancellationToken cancellationToken, int mostBytes = UsualBytes, bool keepsErrors = true, bool endsWhenFull = false)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new ToolResult(null, "programs are run on Linux only");
        }

        using var full = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            using var streamIn = CreateStream();
            using var streamOut = CreateStream();
            NewFile.Write(streamIn, Encoding.UTF8.GetBytes(input));
            var streams = new ChildStreams { Input = streamIn, Output = streamOut, KeepsErrors = keepsErrors };
            var error = DetachedProcess.Start(program, arguments, streams, out var id);
            if (error != 0)
            {
                return new ToolResult(
                    null, $"'{program.Path}' could not be started: {Marshal.GetPInvokeErrorMessage(error)}");
            }

            void Watch()
            {
                if (Cut(streamOut, mostBytes) && endsWhenFull)
                {
                    full.Cancel();
                }
            }

            var code = await DetachedProcess.WaitAsync(id, limit, Watch, timeProvider, full.Token).ConfigureAwait(false);
            return code is null
                ? new ToolResult(null, $"it did not end within {DetachedProcess.SecondsOf(limit)} s")
                {
                    IsHung = true,
                    Unkilled = DetachedProcess.IsRunning(id) ? id : null,
                }
                : new ToolResult(code, ReadStart(streamOut, mostBytes));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ToolResult(null, $"it was ended because it printed more than {mostBytes >> 20} MiB");
        }
        catch (IOException exception)
        {
            return new ToolResult(null, exception.Message);
        }
    }

    [SupportedOSPlatform("linux")]
    private static SafeFileHandle CreateStream()
    {
        var descriptor = CreateMemoryFile("tool", CloseOnExec);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"no memory for its streams: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // What is beyond the limit is dropped, so that the program can end. It goes on writing where it was: a hole, which takes
    // no memory.
    private static bool Cut(SafeFileHandle stream, int mostBytes)
    {
        var isFull = RandomAccess.GetLength(stream) > mostBytes;
        if (isFull)
        {
            RandomAccess.SetLength(stream, mostBytes);
        }

        return isFull;
    }

    private static string ReadStart(SafeFileHandle stream, int mostBytes)
    {
        var bytes = new byte[Math.Min(mostBytes, RandomAccess.GetLength(stream))];
        var length = RandomAccess.Read(stream, bytes, 0);
        return Encoding.UTF8.GetString(bytes, 0, length).Trim();
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
