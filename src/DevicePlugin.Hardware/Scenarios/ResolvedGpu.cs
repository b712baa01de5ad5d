using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios;

/// <summary>What a GPU's values are once nothing is left to be laid over them.</summary>
internal static class ResolvedGpu
{
    public const string StateOk = "ok";

    /// <summary>Without nulls and without values that are the default, so that equal GPUs are equal.</summary>
    public static KeyedValues Of(KeyedValues values)
    {
        var resolved = values.WithoutNulls();
        resolved = resolved[GpuKeys.Present] is true ? resolved.Without(GpuKeys.Present) : resolved;
        return resolved[GpuKeys.State] is StateOk ? resolved.Without(GpuKeys.State) : resolved;
    }

    public static bool IsPresent(this KeyedValues gpu) => gpu[GpuKeys.Present] ?? true;

    public static string State(this KeyedValues gpu) => gpu[GpuKeys.State] ?? StateOk;

    public static string Uuid(this KeyedValues gpu) => gpu[IdentityKeys.Uuid] ?? "";
}
