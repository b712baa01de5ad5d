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

    private string? _listed;
    private TimeSpan _pause;
    private long _since;

    /// <summary>To be asked once a refresh.</summary>
    public bool IsDue(NodeReport report, ImmutableArray<NvmlGpu> gpus, ImmutableArray<KernelGpuFile> kernel) =>
        IsDue(PciDriver.List(sysfsRoot, kernel), IsMissing(report, gpus, kernel));

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

    private static bool IsMissing(
        NodeReport report, ImmutableArray<NvmlGpu> gpus, ImmutableArray<KernelGpuFile> kernel) =>
        report.Devices.Any(device => device.Mig is null && device.Fault?.Kind == DeviceFaultKind.Lost)
        || report.Unidentified.Any(gpu => gpu.Fault.Kind is DeviceFaultKind.Lost or DeviceFaultKind.CallFailed)
        || (kernel.Length > 0 && gpus.Any(gpu => gpu.PciBusId is { } address
            && !kernel.Any(file => file.PciBusId == address)));

    private void Wait(TimeSpan pause)
    {
        _pause = pause;
        _since = time.GetTimestamp();
    }
}
