namespace DevicePlugin.Gpu.Health;

/// <summary>A cause as the configuration has it for one device.</summary>
internal readonly record struct JudgedCause(ActiveCause Cause, bool IsWithheld)
{
    public CauseLabel Label => new(Cause.Word, Cause.Key.Xid) { IsWithheld = IsWithheld };
}
