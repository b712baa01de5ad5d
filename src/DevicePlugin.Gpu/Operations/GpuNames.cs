using System.Collections.Immutable;
using DevicePlugin.Gpu.Cordons;

namespace DevicePlugin.Gpu.Operations;

/// <summary>The physical GPUs that an operator may name.</summary>
internal sealed class GpuNames
{
    // Shorter ones are more likely an index that was mistyped.
    private const int ShortestPrefix = 4;

    private readonly ImmutableArray<GpuDevice> _gpus;

    public GpuNames(IEnumerable<GpuDevice> devices, CordonRecord cordons)
    {
        var gpus = devices.GroupBy(device => device.PhysicalUuid, StringComparer.OrdinalIgnoreCase)
            .Select(devices => devices.FirstOrDefault(device => device.Mig is null) ?? ParentOf(devices.First()))
            .OrderBy(gpu => gpu.Index).ToList();

        // A board that is out of the node can be uncordoned all the same.
        gpus.AddRange(cordons.Cordons.Where(cordon => !gpus.Any(cordon.Concerns)).Select(Absent));
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
            problem = $"\"{name}\" is a MIG instance: name its GPU, whose instances are all meant";
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

        problem = found.Count == 0
            ? $"\"{name}\" names no GPU of this node; it has {Enumerate(_gpus)}"
            : $"\"{name}\" names {found.Count} GPUs: {Enumerate(found)}";
        return null;
    }

    /// <summary>The serial number of a GPU's board, where it tells the GPU from all others.</summary>
    public string? OwnSerialOf(GpuDevice gpu) =>
        gpu.Facts.BoardSerial is { } serial && _gpus.Count(other => other.Facts.BoardSerial == serial) == 1 ? serial : null;

    private static string Enumerate(IReadOnlyCollection<GpuDevice> gpus) =>
        gpus.Count == 0 ? "none" : string.Join(", ", gpus.Select(gpu => gpu.Uuid));

    private static GpuDevice ParentOf(GpuDevice instance) => instance with
    {
        Uuid = instance.PhysicalUuid, Mig = null, Name = instance.Name,
    };

    private static GpuDevice Absent(Cordon cordon) => new()
    {
        Uuid = cordon.Gpu, Name = "", Index = -1, Facts = GpuFacts.None with { BoardSerial = cordon.BoardSerial },
    };
}
