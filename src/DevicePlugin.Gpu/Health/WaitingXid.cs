namespace DevicePlugin.Gpu.Health;

/// <summary>An XID that the next enumeration judges, with its repetitions until then.</summary>
internal sealed class WaitingXid(GpuEvent xid, Occurrence first)
{
    public GpuEvent Event => xid;

    public Occurrence First { get; } = first;

    public Occurrence Last { get; private set; } = first;

    public long Times { get; private set; } = xid.Count;

    public void Repeat(Occurrence again, long times)
    {
        Last = again;
        Times += times;
    }
}
