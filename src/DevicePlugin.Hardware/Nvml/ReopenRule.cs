using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// When the driver is opened again to look for a GPU. NVML may fix its list of GPUs at nvmlInit (undocumented): one that is missing
/// or lost is then seen only by another init. That costs all GPUs their readings for seconds, so it is done at once
/// when the kernel's lists of GPUs have changed, and with growing pauses otherwise.
/// </summary>
internal sealed class ReopenRule(string sysfsRoot, TimeProvider time)
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly HashSet<string> _expected = new(StringComparer.Ordinal);
    private string? _listed;
    private TimeSpan _pause;
    private long _since;

    /// <summary>To be asked once a refresh.</summary>
    public bool IsDue(NodeReport report, NvmlSession session, ImmutableArray<KernelGpuFile> kernel)
    {
        var listed = PciDriver.List(sysfsRoot, kernel);
        Expect(listed, session);
        return IsDue(listed, IsMissing(report, session, kernel));
    }

    /// <param name="listed">What the kernel lists.</param>
    /// <param name="isMissing">Whether NVML lacks one of these, or has one that is not there or does not answer.</param>
    internal bool IsDue(string listed, bool isMissing)
    {
        var hasChanged = _listed is not null && _listed != listed;
        _listed = listed;
        if (!isMissing)
        {
            _pause = TimeSpan.Zero;
            return false;
        }

        if (hasChanged || _pause == TimeSpan.Zero)
        {
            Wait(FirstPause);
            return hasChanged;
        }

        if (time.GetElapsedTime(_since) < _pause)
        {
            return false;
        }

        Wait(_pause * 2 < LongestPause ? _pause * 2 : LongestPause);
        return true;
    }

    private bool IsMissing(NodeReport report, NvmlSession session, ImmutableArray<KernelGpuFile> kernel) =>
        report.Devices.Any(device => device.Mig is null && device.Fault?.Kind == DeviceFaultKind.Lost)
        || report.Unidentified.Any(gpu => gpu.Fault.Kind is DeviceFaultKind.Lost or DeviceFaultKind.CallFailed)
        || (kernel.IsEmpty
            ? session.IsSearched && IsMissing(session)
            : session.Gpus.Any(gpu => gpu.PciBusId is { } address && !kernel.Any(file => file.PciBusId == address)));

    /// <summary>Where the module's list cannot be read. A session without a GPU has no readings to lose.</summary>
    private bool IsMissing(NvmlSession session) =>
        session.Gpus.IsEmpty || _expected.Any(address => !session.Gpus.Any(gpu => gpu.PciBusId == address));

    /// <summary>
    /// The GPUs that NVML had, and those that came to the bus since: one that is away in the next session is not known to
    /// anybody else where the module's list cannot be read. What left a list that can be read is gone.
    /// </summary>
    private void Expect(string listed, NvmlSession session)
    {
        var addresses = listed.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (_listed is { } before)
        {
            _expected.UnionWith(addresses.Except(before.Split(' ')));
        }

        if (addresses.Length > 0)
        {
            _expected.IntersectWith(addresses);
        }

        _expected.UnionWith(session.Gpus.Select(gpu => gpu.PciBusId).OfType<string>());
    }

    private void Wait(TimeSpan pause)
    {
        _pause = pause;
        _since = time.GetTimestamp();
    }
}
