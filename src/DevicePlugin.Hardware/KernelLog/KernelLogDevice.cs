using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>The result of an attempt to read.</summary>
internal enum LogRead
{
    Data,

    /// <summary>Everything that there is was read.</summary>
    NothingYet,

    /// <summary>The kernel has overwritten lines that were not read yet; the next read continues after them.</summary>
    Lost,

    Failed,
}

/// <summary>
/// <c>/dev/kmsg</c>, or a file or pipe that has the same lines. One thread reads, any other may stop it. .NET's own streams
/// cannot wait for a device, and treat the error that signals lost lines as the end.
/// </summary>
internal sealed partial class KernelLogDevice : IDisposable
{
    // open(2), eventfd(2) and poll(2), the same on x64 and arm64.
    private const int ReadOnlyNonBlockingCloseOnExec = 0x800 | 0x80000;
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    private const short Readable = 1;

    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int BrokenPipe = 32;

    // A file cannot signal that it grew, and a pipe without a writer is always at its end.
    private const int FilePollMilliseconds = 100;

    private readonly SafeFileHandle _log;
    private readonly SafeFileHandle _stop;
    private readonly Lock _gate = new();
    private bool _isAtEnd;

    private KernelLogDevice(SafeFileHandle log, SafeFileHandle stop)
    {
        _log = log;
        _stop = stop;
    }

    /// <summary>Null when it cannot be opened, with the reason.</summary>
    public static KernelLogDevice? Open(string path, out string problem)
    {
        problem = "this system has none";
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var log = OpenFile(path, ReadOnlyNonBlockingCloseOnExec);
        if (log < 0)
        {
            problem = LastError();
            return null;
        }

        var handle = new SafeFileHandle(log, ownsHandle: true);
        var stop = EventDescriptor(0, NonBlockingCloseOnExec);
        if (stop < 0)
        {
            problem = LastError();
            handle.Dispose();
            return null;
        }

        return new KernelLogDevice(handle, new SafeFileHandle(stop, ownsHandle: true));
    }

    /// <summary>Does not wait.</summary>
    public LogRead Read(Span<byte> buffer, out int length, out string problem)
    {
        (length, problem) = (0, "");
        while (true)
        {
            var read = ReadFile(_log, buffer, (nuint)buffer.Length);
            if (read > 0)
            {
                length = (int)read;
                return LogRead.Data;
            }

            var error = read == 0 ? 0 : Marshal.GetLastPInvokeError();
            _isAtEnd = read == 0;
            switch (error)
            {
                case 0 or TryAgain:
                    return LogRead.NothingYet;
                case Interrupted:
                    continue;
                case BrokenPipe:
                    return LogRead.Lost;
                default:
                    problem = Marshal.GetPInvokeErrorMessage(error);
                    return LogRead.Failed;
            }
        }
    }

    /// <summary>Waits until there may be more to read; false when it was stopped. By the thread that disposes, or not at all.</summary>
    public bool Wait()
    {
        Span<Polled> polled =
        [
            new() { Descriptor = (int)_stop.DangerousGetHandle(), Events = Readable },
            new() { Descriptor = (int)_log.DangerousGetHandle(), Events = Readable },
        ];
        _ = Poll(polled, _isAtEnd ? 1u : 2u, _isAtEnd ? FilePollMilliseconds : Timeout.Infinite);
        return polled[0].Happened == 0;
    }

    /// <summary>Ends a wait that goes on, and each later one at once.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (!_stop.IsClosed)
            {
                _ = WriteFile(_stop, BitConverter.GetBytes(1L), sizeof(long));
            }
        }
    }

    /// <summary>Called by the thread that reads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stop.Dispose();
        }

        _log.Dispose();
    }

    private static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventDescriptor(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFile(SafeFileHandle file, Span<byte> buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(SafeFileHandle file, ReadOnlySpan<byte> buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(Span<Polled> files, nuint count, int milliseconds);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
