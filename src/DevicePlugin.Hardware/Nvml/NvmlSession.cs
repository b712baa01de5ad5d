using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using DevicePlugin.Gpu;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// One nvmlInit with all that hangs on it: the mapping of the library, the handles, the threads inside it. Nothing of it is
/// used again once the driver is lost.
/// </summary>
internal sealed class NvmlSession(
    NvmlLibrary library, int generation, DriverStatus status, StuckCalls stuckCalls, GpuEventHub hub, ILogger logger)
{
    private int _lost;
    private bool _isUnreadTold;

    public int Generation { get; } = generation;

    public DriverStatus Status { get; } = status;

    public NvmlApi Api => library.Api;

    /// <summary>Null before the first enumeration.</summary>
    public int? Count { get; set; }

    /// <summary>How many GPUs the search that goes on, or the latest one, looks for.</summary>
    public int? Counted { get; set; }

    public ImmutableArray<NvmlGpu> Gpus { get; set; } = [];

    /// <summary>What the session before had, where the driver was only opened again: these are the same GPUs.</summary>
    public ImmutableArray<NvmlGpu> Earlier { get; set; } = [];

    /// <summary>Whether all indices have been looked at; before that <see cref="Gpus"/> has those that were found so far.</summary>
    public bool IsSearched { get; set; }

    /// <summary>Indices that lead to no GPU that is known, in their order.</summary>
    public ImmutableArray<(int Index, GpuSlot Slot)> LeftOut { get; set; } = [];

    public bool IsLost => Volatile.Read(ref _lost) != 0;

    /// <summary>The pointer of a handle of this session.</summary>
    /// <exception cref="NvmlException">The handle is of another session, or this one is over.</exception>
    public nint Resolve(NvmlHandle handle) => handle.Generation == Generation && !IsLost
        ? handle.Pointer
        : throw new NvmlException("a handle of an earlier session", NvmlReturn.Uninitialized);

    /// <exception cref="NvmlException">The session is over.</exception>
    public void ThrowIfLost()
    {
        if (IsLost)
        {
            throw new NvmlException("an earlier session", NvmlReturn.Uninitialized);
        }
    }

    public void Lose(string function, NvmlReturn result)
    {
        if (Interlocked.Exchange(ref _lost, 1) == 0)
        {
            logger.DriverLost(NvmlException.Describe(function, result));
            hub.PublishInventory();
        }
    }

    /// <summary>Once: what is missing in the report, and that it follows.</summary>
    /// <param name="unread">How many of the GPUs that were found have not been read.</param>
    public void TellUnread(int unread)
    {
        if (_isUnreadTold)
        {
            return;
        }

        _isUnreadTold = true;
        const string Unknown = "an unknown number";
        logger.GpusNotReadYet(
            Counted is { } count ? (count - Gpus.Length + unread).ToString(CultureInfo.InvariantCulture) : Unknown,
            Counted?.ToString(CultureInfo.InvariantCulture) ?? Unknown);
    }

    /// <summary>
    /// Lets go of the driver when no thread is inside the library any more. Blocks until that is done or the limit is over; it is
    /// done later then, however long the call that hangs takes.
    /// </summary>
    public void Close(TimeSpan limit)
    {
        var started = Stopwatch.GetTimestamp();
        WaitForGpus(limit);
        var closing = library.Gate.Close().ContinueWith(
            _ => Finish(), CancellationToken.None, TaskContinuationOptions.LongRunning, TaskScheduler.Default);
        var left = limit - Stopwatch.GetElapsedTime(started);
        if (!closing.Wait(left > TimeSpan.Zero ? left : TimeSpan.Zero))
        {
            logger.DriverStaysOpen(library.Path, library.Gate.Inside);
            stuckCalls.AddSession(closing);
        }
    }

    /// <summary>The process ends: what does not come back in time is left to the kernel.</summary>
    public void Abandon(TimeSpan limit)
    {
        WaitForGpus(limit);
        if (library.Gate.Close().IsCompleted)
        {
            Finish();
        }
    }

    private void WaitForGpus(TimeSpan limit)
    {
        Interlocked.Exchange(ref _lost, 1);
        Task.WaitAll(Gpus.Select(gpu => gpu.CloseAsync()).ToArray(), limit);
        Gpus = [];
    }

    private void Finish()
    {
        Api.System.Shutdown.CallLast();
        library.Dispose();
    }
}
