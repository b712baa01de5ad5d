using System.Diagnostics;
using System.Runtime.InteropServices;
using DevicePlugin.Hardware.DeviceNodes;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.Files;

/// <summary>
/// Reads a file named on the command line: a regular file, or a pipe or terminal such as <c>&lt;(...)</c> or <c>/dev/stdin</c>. Waits
/// for a pipe up to a limit; an interrupt ends the wait.
/// </summary>
public static partial class PatientFile
{
    /// <summary>A command that asks a vault for a configuration takes seconds.</summary>
    public static readonly TimeSpan PipeLimit = TimeSpan.FromSeconds(30);

    // poll.h: POLLIN, POLLERR, POLLHUP. fcntl.h and errno.h.
    private const short Readable = 1;
    private const int WriteOnly = 1;
    private const int NoReader = 6;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int TryAgain = 11;
    private const int Interrupted = 4;
    private const int PollMilliseconds = 100;

    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It is something else, has more bytes, or does not end in time.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to read.</exception>
    /// <exception cref="OperationCanceledException">An interrupt came first.</exception>
    public static byte[] Read(string path, int mostBytes, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return PlainFile.Read(path, mostBytes);
        }

        return FileStatus.Read(path) switch
        {
            null or { IsRegularFile: true } => PlainFile.Read(path, mostBytes),
            { IsFolder: true } => throw new IOException("it is a folder"),
            { IsSocket: true } => throw new IOException("it is a socket"),
            { IsPipe: true } => ReadStream(path, mostBytes, limit, cancellationToken),

            // Opening a device may act on it, and most never end. Terminals do: 4 and 5 are consoles, 136 to 143 pseudoterminals
            // (devices.txt in the kernel's documentation).
            { IsCharacterDevice: true, Major: 4 or 5 or (>= 136 and <= 143) } => ReadStream(path, mostBytes, limit, cancellationToken),
            _ => throw new IOException("it is a device"),
        };
    }

    /// <summary>Writes to a pipe or a device that a person named.</summary>
    /// <exception cref="IOException">No process reads from the pipe, or it cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        // Opening it the usual way would wait for a reader.
        var descriptor = Open(path, WriteOnly | NonBlocking | CloseOnExec);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new IOException(error == NoReader ? "no process is reading from this pipe" : Marshal.GetPInvokeErrorMessage(error));
        }

        using var stream = new SafeFileHandle(descriptor, ownsHandle: true);
        WriteAll(stream, bytes);
    }

    /// <summary>Writes to a file that is open already, where whoever opened it writes next.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        using var file = new SafeFileHandle(descriptor, ownsHandle: false);
        WriteAll(file, bytes);
    }

    private static void WriteAll(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = WriteTo(file, bytes, bytes.Length);
            if (written < 0 && Marshal.GetLastPInvokeError() is var error and not Interrupted)
            {
                if (error != TryAgain)
                {
                    throw new IOException(Marshal.GetPInvokeErrorMessage(error));
                }

                Thread.Sleep(PollMilliseconds);
            }

            bytes = bytes[(int)Math.Max(0, written)..];
        }
    }

    private static byte[] ReadStream(string path, int mostBytes, TimeSpan limit, CancellationToken cancellationToken)
    {
        var descriptor = Open(path, NonBlocking | CloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }

        using var stream = new SafeFileHandle(descriptor, ownsHandle: true);
        var began = Stopwatch.GetTimestamp();
        var buffer = new byte[mostBytes + 1];
        var length = 0;
        while (length < buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Stopwatch.GetElapsedTime(began) >= limit)
            {
                throw new IOException($"it is a pipe whose writer did not finish within {limit.TotalSeconds:0} s");
            }

            var wanted = new PollEntry { Descriptor = descriptor, Events = Readable };
            if (Poll(ref wanted, 1, PollMilliseconds) <= 0)
            {
                // Nothing yet, or a signal.
                continue;
            }

            var count = ReadFrom(stream, buffer.AsSpan(length), buffer.Length - length);
            if (count == 0)
            {
                return buffer[..length];
            }

            if (count < 0 && Marshal.GetLastPInvokeError() is var error and not (TryAgain or Interrupted))
            {
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            }

            length += (int)Math.Max(0, count);
        }

        throw new IOException($"it has more than {mostBytes} bytes");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Found;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(SafeFileHandle file, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFrom(SafeFileHandle file, Span<byte> buffer, nint count);
}
