using System.Collections.Immutable;
using DevicePlugin.Gpu.Cordons;

namespace DevicePlugin.Gpu.Operations;

/// <summary>The physical GPUs that an operator may name.</summary>
internal sealed class GpuNames
{
    // Shorter ones are more likely an index that was mistyped.
    private const int ShortestPrefix = 4;

    // The message is a line of the agent's log too.
    private const int MostNamed = 16;

    private readonly ImmutableArray<GpuDevice> _gpus;

    /// <param name="devices">What the driver lists or listed.</param>
    /// <param name="cordons">Of which some may be of other GPUs.</param>
    /// <param name="sick">UUIDs of GPUs that have causes, of which some may be others too.</param>
    public GpuNames(IEnumerable<GpuDevice> devices, CordonRecord cordons, IEnumerable<string> sick)
    {
        var gpus = devices.GroupBy(device => device.PhysicalUuid, StringComparer.OrdinalIgnoreCase)
            .Select(devices => devices.FirstOrDefault(device => device.Mig is null) ?? ParentOf(devices.First()))
            .OrderBy(gpu => gpu.Index).ToList();

        // A board that is out of the node can be uncordoned, and what is known of it cleared, all the same.
        gpus.AddRange(cordons.Cordons.Where(cordon => !gpus.Any(cordon.Concerns)).Select(Absent));
        gpus.AddRange(sick.Distinct(StringComparer.OrdinalIgnoreCase)
            .Where(uuid => !gpus.Exists(gpu => string.Equals(gpu.Uuid, uuid, StringComparison.OrdinalIgnoreCase)))
            .Select(uuid => Absent(uuid, serial: null)));
        _gpus = [.. gpus];
    }

    public ImmutableArray<GpuDevice> All => _gpus;

    /// <summary>The GPU that is named by its UUID, the beginning of it, its index, PCI address or serial number.</summary>
    /// <param name="name">As the operator wrote it.</param>
    /// <param name="problem">Why it names none, or more than one.</param>
    public GpuDevice? Find(string name, out string problem)
    {
        problem = "";
        if (name.StartsWith("MIG-", StringComparison.OrdinalIgnoreCase))
        {
            problem = $"\"{OneLine.OfName(name)}\" is a MIG instance: name its GPU, whose instances are all meant";
            return null;
        }

        var selector = new DeviceSelector(name);
        var found = _gpus.Where(gpu => selector.Matches(gpu)).ToList();
        found = found.Count > 0 ? found : [.. _gpus.Where(gpu => gpu.Facts.BoardSerial == name)];
        found = found.Count > 0 || name.Length < ShortestPrefix
            ? found
            : [.. _gpus.Where(gpu => gpu.Uuid.StartsWith(name, StringComparison.OrdinalIgnoreCase))];
        if (found.Count == 1)
        {
            return found[0];
        }

        problem = name == OperatorRequest.All ? "\"all\" is for \"health clear\" alone, and stands alone: name each GPU"
            : found.Count == 0
            ? $"\"{OneLine.OfName(name)}\" names no GPU of this node; it has {Enumerate(_gpus)}"
            : $"\"{OneLine.OfName(name)}\" names {found.Count} GPUs: {Enumerate(found)}";
        return null;
    }

    /// <summary>The serial number of a GPU's board, where it tells the GPU from all others.</summary>
    public string? OwnSerialOf(GpuDevice gpu) =>
        gpu.Facts.BoardSerial is { } serial && _gpus.Count(other => other.Facts.BoardSerial == serial) == 1 ? serial : null;

    private static string Enumerate(IReadOnlyCollection<GpuDevice> gpus)
    {
        var named = gpus.Count == 0 ? "none" : string.Join(", ", gpus.Take(MostNamed).Select(gpu => gpu.Uuid));
        return gpus.Count <= MostNamed ? named : $"{named} and {gpus.Count - MostNamed} more";
    }

    private static GpuDevice ParentOf(GpuDevice instance) => instance with
    {
        Uuid = instance.PhysicalUuid,
        Mig = null,
    };

    private static GpuDevice Absent(Cordon cordon) => Absent(cordon.Gpu, cordon.BoardSerial);

    private static GpuDevice Absent(string uuid, string? serial) => new()
    {
        Uuid = uuid, Name = "", Index = -1, Facts = GpuFacts.None with { BoardSerial = serial },
    };
}
