using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// Remembers the GPUs that answered, over restarts too: one that is lost when the plugin starts must not vanish, and its
/// group must not change because it cannot say what it has in common with the others.
/// </summary>
internal sealed class KnownGpus(ILogger logger)
{
    // In place of an index.
    private const int NotCounted = -1;

    private readonly HashSet<string> _leftOut = new(StringComparer.Ordinal);
    private KnownGpuStore? _store;
    private bool _isNew;
    private bool _isKept = true;
    private KnownGpuMemory _memory = KnownGpuMemory.Empty;

    /// <summary>
    /// Adds the GPUs that only an earlier process saw, without index and address: these may be another GPU's by now.
    /// </summary>
    public ImmutableArray<GpuDevice> AddTo(ImmutableArray<GpuDevice> seen)
    {
        var uuids = seen.Select(device => device.PhysicalUuid).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. seen,
            .. Volatile.Read(ref _memory).Devices.Where(device => !uuids.Contains(device.PhysicalUuid))
                .Select(device => device with { Index = NotCounted, PciBusId = null, FormerPciBusId = null }),
        ];
    }

    /// <summary>What is known; before the first report that is what an earlier process knew.</summary>
    public KnownGpuMemory Memory => Volatile.Read(ref _memory);

    public void Configure(KnownGpuStore store)
    {
        if (store != _store)
        {
            _store = store;
            _isKept = true;
            _memory = store.Load();
            _isNew = true;
        }
    }

    /// <summary>
    /// What an earlier process had and the first report since lacks: it went while nobody watched. Instances belong to one load
    /// of the driver.
    /// </summary>
    public ImmutableArray<GpuDevice> TakeMissing(NodeReport report)
    {
        if (!_isNew || report.IsPartial || _store?.ExpectsThem != true)
        {
            return [];
        }

        _isNew = false;
        var present = report.Devices.Select(device => device.Uuid).ToHashSet(StringComparer.Ordinal);
        var isSameLoad = IsSameLoad(report);
        return
        [
            .. _memory.Devices.Where(device => !present.Contains(device.Uuid) && (isSameLoad || device.Mig is null))
                .Select(device => isSameLoad ? device : Displace(device)),
        ];
    }

    /// <summary>
    /// Which NVLinks of a GPU belong up, as <see cref="GpuDevice.NvLinksSeenUp"/>. Bridges may be rearranged while the machine
    /// is off.
    /// </summary>
    public ulong FindNvLinksSeenUp(string uuid, DriverLoad now)
    {
        var isOtherBoot = _memory.Load?.BootId is { } then && now.BootId is { } boot && then != boot;
        return isOtherBoot ? 0 : Find(uuid)?.NvLinksSeenUp ?? 0;
    }

    /// <summary>
    /// Lists what the driver does not say enough about, as far as it is known from elsewhere. While its first answers are missing,
    /// that is every GPU that an earlier process had: tasks may have them.
    /// </summary>
    public NodeReport Complete(NodeReport report)
    {
        if (!report.Driver.IsLoaded && !report.IsPartial)
        {
            return report;
        }

        var devices = report.Devices.ToBuilder();
        for (var i = 0; i < devices.Count; i++)
        {
            // It reported its identity and nothing else.
            if (devices[i] is { Mig: null, Fault: not null } device && device.Facts == GpuFacts.None
                && Find(device.Uuid) is { } known)
            {
                devices[i] = device with { Facts = FactsOf(known, report) };
            }
        }

        foreach (var gpu in report.Unidentified)
        {
            devices.AddRange(Identify(gpu, report, devices));
        }

        if (report.IsPartial && _store?.ExpectsThem == true)
        {
            devices.AddRange(FindUnread(report, devices));
        }

        return report with { Devices = devices.ToImmutable() };
    }

    /// <summary>Keeps what the report says, and what still is expected to come back.</summary>
    public void Keep(NodeReport report, Func<string, bool> isExpected)
    {
        if (!report.Driver.IsLoaded)
        {
            return;
        }

        var present = ByUuid(report.Devices);
        var isSameLoad = IsSameLoad(report);
        var known = ByUuid(_memory.Devices.Where(device => isSameLoad || device.Mig is null)
            .Select(device => isSameLoad ? device : Displace(device)));
        foreach (var (uuid, device) in present)
        {
            if (device.Facts != GpuFacts.None && IsReadable(device, present))
            {
                known[uuid] = Plain(device);
            }
        }

        foreach (var uuid in known.Keys
            .Where(uuid => !report.IsPartial && !present.ContainsKey(uuid) && !isExpected(uuid)).ToList())
        {
            known.Remove(uuid);
        }

        var memory = new KnownGpuMemory([.. known.Values.OrderBy(device => device.Uuid, StringComparer.Ordinal)])
        {
            Load = report.Load ?? _memory.Load, DriverVersion = report.Driver.Version,
        };
        if (memory != _memory || !_isKept)
        {
            _memory = memory;
            _isKept = _store?.Save(memory) != false;
        }
    }

    private static bool IsReadable(GpuDevice device, Dictionary<string, GpuDevice> present) =>
        device.Obstacle is null
        && (present.GetValueOrDefault(device.PhysicalUuid) ?? device).Faults
            .All(fault => !Health.FaultTable.Find(fault.Kind).HidesOthers);

    // Two of one UUID are a driver's mistake, of which one device is made.
    private static Dictionary<string, GpuDevice> ByUuid(IEnumerable<GpuDevice> devices) => devices
        .DistinctBy(device => device.Uuid, StringComparer.Ordinal)
        .ToDictionary(device => device.Uuid, StringComparer.Ordinal);

    private bool IsSameLoad(NodeReport report) => _memory.Load is { } load && report.Load?.IsReloadedSince(load) != true;

    /// <summary>Without what another load of the driver may give to another GPU.</summary>
    private static GpuDevice Displace(GpuDevice device) => device with
    {
        PciBusId = null,
        FormerPciBusId = AddressOf(device),
        MinorNumber = null,
        NvLinksSeenUp = 0,
    };

    private static string? AddressOf(GpuDevice device) => device.PciBusId ?? device.FormerPciBusId;

    private static GpuDevice Plain(GpuDevice device) =>
        device with { Faults = [], RecoveryNeeded = null, Unmonitored = null, Obstacle = null, Notice = null };

    private GpuDevice[] FindUnread(NodeReport report, IEnumerable<GpuDevice> listed)
    {
        var evidence = report.Driver.IsLoaded ? "the search for the GPUs is still going on." : $"{report.Driver.Reason.TrimEnd('.')}.";
        var present = listed.Select(device => device.PhysicalUuid).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. _memory.Devices.Where(device => device.Mig is null && !present.Contains(device.Uuid)).SelectMany(device => Identify(
                new UnidentifiedGpu(new DeviceFault(DeviceFaultKind.NotRead, evidence)) { Index = NotCounted, Uuid = device.Uuid },
                report, [])),
        ];
    }

    private GpuDevice? Find(string uuid)
    {
        foreach (var device in _memory.Devices)
        {
            if (string.Equals(device.Uuid, uuid, StringComparison.OrdinalIgnoreCase))
            {
                return device;
            }
        }

        return null;
    }

    private GpuDevice[] Identify(UnidentifiedGpu gpu, NodeReport report, IEnumerable<GpuDevice> listed)
    {
        var isSameLoad = IsSameLoad(report);
        var known = gpu.Uuid is { } uuid ? Find(uuid) : Guess(gpu, listed, isSameLoad);
        if (known is null)
        {
            return gpu.Model is { } model ? [Describe(gpu, model)] : LeaveOut(gpu);
        }

        var address = gpu.PciBusId ?? (isSameLoad ? known.PciBusId : null);
        var device = Describe(gpu, known.Name) with
        {
            Uuid = known.Uuid,
            Index = gpu.Index ?? known.Index,
            PciBusId = address,
            FormerPciBusId = address is null ? AddressOf(known) : null,
            Facts = FactsOf(known, report),
        };
        var instances = isSameLoad
            ? _memory.Devices.Where(other => other.Mig is not null && other.PhysicalUuid == known.Uuid)
            : [];
        return
        [
            device,
            .. instances.Select(instance => instance with
            {
                Index = device.Index, PciBusId = device.PciBusId, FormerPciBusId = device.FormerPciBusId,
                MinorNumber = device.MinorNumber, Obstacle = device.Obstacle,
            }),
        ];
    }

    /// <summary>
    /// Which of the known GPUs it is that gives no handle and of which the kernel does not say the UUID: the one at its
    /// address, else the one that had its index, else the first that is missing.
    /// </summary>
    private GpuDevice? Guess(UnidentifiedGpu gpu, IEnumerable<GpuDevice> listed, bool isSameLoad)
    {
        var present = listed.Select(device => device.PhysicalUuid).ToHashSet(StringComparer.Ordinal);
        var missing = _memory.Devices.Where(device => device.Mig is null && !present.Contains(device.Uuid))
            .OrderBy(device => device.PciBusId, StringComparer.Ordinal).ToList();
        if (gpu.PciBusId is { } address)
        {
            // The one that was there under another load of the driver counts only where the kernel says the same model.
            return missing.Find(device => (isSameLoad && device.PciBusId == address)
                || (AddressOf(device) == address && device.Name == gpu.Model));
        }

        return missing.Find(device => device.Index == gpu.Index) ?? missing.FirstOrDefault();
    }

    private static GpuDevice Describe(UnidentifiedGpu gpu, string name) => new()
    {
        Uuid = gpu.Uuid ?? DeviceRetention.PlaceholderPrefix + gpu.PciBusId,
        Name = name,
        Index = gpu.Index ?? NotCounted,
        PciBusId = gpu.PciBusId,
        Faults = [gpu.Fault],
        Obstacle = gpu.Fault.Kind == DeviceFaultKind.NotRead
            ? "it has not been read yet"
            : $"the driver does not give access to it: {gpu.Fault.Evidence.TrimEnd('.')}",
    };

    private GpuFacts FactsOf(GpuDevice known, NodeReport report) =>
        // The firmware is the driver's, and the only fact that another driver has otherwise.
        (report.Driver.Version ?? _memory.DriverVersion) == _memory.DriverVersion ? known.Facts : known.Facts with { GspFirmware = null };

    private GpuDevice[] LeaveOut(UnidentifiedGpu gpu)
    {
        // The rest of its identity follows, and the backend says how many GPUs are missing.
        if (gpu.Fault.Kind != DeviceFaultKind.NotRead && _leftOut.Add($"{gpu.Index} {gpu.Uuid} {gpu.PciBusId} {gpu.Fault.Evidence}"))
        {
            logger.GpuUnidentified(
                gpu.Uuid ?? gpu.PciBusId ?? $"index {gpu.Index}", gpu.Fault.Evidence.TrimEnd('.'));
        }

        return [];
    }
}
