using System.Collections.Immutable;
using DevicePlugin.Gpu;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// One nvmlInit with all that hangs on it: the mapping of the library, the handles, the event set. Nothing of it is
/// used again once the driver is lost.
/// </summary>
internal sealed class NvmlSession
{
    private readonly NvmlLibrary _library;
    private readonly GpuEventHub _hub;
    private readonly ILogger _logger;
    private int _lost;

    public NvmlSession(NvmlLibrary library, int generation, DriverStatus status, GpuEventHub hub, ILogger logger)
    {
        _library = library;
        _hub = hub;
        _logger = logger;
        Generation = generation;
        Status = status;
        Events = new NvmlEventLoop(library.Api, hub, result => Lose("nvmlEventSetWait", result), logger);
        Events.Open();
    }

    public int Generation { get; }

    public DriverStatus Status { get; }

    public NvmlApi Api => _library.Api;

    public NvmlEventLoop Events { get; }

    /// <summary>Null before the first enumeration.</summary>
    public int? Count { get; set; }

    public ImmutableArray<NvmlGpu> Gpus { get; set; } = [];

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
            _logger.DriverLost(NvmlException.Describe(function, result));
            _hub.PublishInventory();
        }
    }

    /// <summary>
    /// Lets go of the driver. Blocks until the threads inside the library are back, or the limit is over.
    /// </summary>
    public void Close(TimeSpan limit, bool isExiting)
    {
        Interlocked.Exchange(ref _lost, 1);
        Events.RequestStop();
        var closing = Gpus.Select(gpu => gpu.CloseAsync()).ToArray();
        var gpusAreBack = Task.WaitAll(closing, limit) && closing.All(task => task.Result);
        var idle = Events.Stop(limit, gpusAreBack) && gpusAreBack;
        Gpus = [];
        if (!idle)
        {
            // Unmapping code that a thread still runs would end the process.
            if (!isExiting)
            {
                _logger.LibraryLeftLoaded(_library.Path);
            }

            return;
        }

        Api.System.Shutdown.Call();
        _library.Dispose();
    }
}
