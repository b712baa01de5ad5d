namespace DevicePlugin.Gpu.Health;

/// <summary>What the kernel log told besides XIDs since this process started.</summary>
/// <param name="SwitchErrors">SXids of NVSwitches by number.</param>
/// <param name="LinesLost">Lines that were overwritten before they were read.</param>
public sealed record KernelLogTotals(XidRecord SwitchErrors, long LinesLost)
{
    public static readonly KernelLogTotals None = new(XidRecord.None, 0);
}
