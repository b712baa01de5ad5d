using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>
/// Which GPU is at a PCI address. The kernel log itself says it before the first XID of a GPU; where that line is gone, the
/// devices that were enumerated do, then the kernel, which knows GPUs that NVML has lost, and then earlier enumerations.
/// </summary>
internal sealed class GpuAddresses(string procRoot)
{
    // More than a node has.
    private const int MostKnown = 1024;

    // The driver may hold up whoever reads of a sick GPU.
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _logged = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _kernel = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _earlier = new(StringComparer.Ordinal);
    private Dictionary<string, string> _current = new(StringComparer.Ordinal);

    public void SeeLogged(string address, string uuid)
    {
        lock (_gate)
        {
            Keep(_logged, address, uuid);
        }
    }

    /// <summary>The driver was loaded again: GPUs may have moved, and the log says it again.</summary>
    public void ForgetLoad()
    {
        lock (_gate)
        {
            _logged.Clear();
            _kernel.Clear();
        }
    }

    public void SeeDevices(IEnumerable<GpuDevice> devices)
    {
        lock (_gate)
        {
            _current = devices.Where(device => device.PciBusId is not null)
                .DistinctBy(device => device.PciBusId)
                .ToDictionary(device => device.PciBusId!, device => device.PhysicalUuid, StringComparer.Ordinal);
            foreach (var (address, uuid) in _current)
            {
                Keep(_earlier, address, uuid);
            }
        }
    }

    public string? Find(string address)
    {
        lock (_gate)
        {
            return _logged.GetValueOrDefault(address) ?? _current.GetValueOrDefault(address)
                ?? _kernel.GetValueOrDefault(address) ?? _earlier.GetValueOrDefault(address);
        }
    }

    /// <summary>
    /// Asks the kernel about an address that neither the log nor an enumeration names, once in each load of the driver. May
    /// take a second.
    /// </summary>
    public void AskKernel(string address)
    {
        lock (_gate)
        {
            if (_logged.ContainsKey(address) || _current.ContainsKey(address) || !Keep(_kernel, address, null))
            {
                return;
            }
        }

        var reading = Task.Run(() => ReadKernel(address));
        var uuid = reading.Wait(ReadLimit) ? reading.Result : null;
        lock (_gate)
        {
            _kernel[address] = uuid;
        }
    }

    /// <summary>False when it was known.</summary>
    private static bool Keep<T>(Dictionary<string, T> known, string address, T uuid)
    {
        if (known.Count >= MostKnown && !known.ContainsKey(address))
        {
            known.Clear();
        }

        var isNew = known.TryAdd(address, uuid);
        known[address] = uuid;
        return isNew;
    }

    private string? ReadKernel(string address)
    {
        const string Label = "GPU UUID:";
        var path = Path.Combine(procRoot, "driver", "nvidia", "gpus", address, "information");
        var line = TextFile.TryRead(path)?.Split('\n')
            .FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal));
        var uuid = line?[Label.Length..].Trim();

        // Question marks stand for a GPU that was not initialized.
        return uuid is not null && uuid.StartsWith("GPU-", StringComparison.Ordinal) && !uuid.Contains('?') ? uuid : null;
    }
}
