using System.Collections.Immutable;

namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>Every key of a GPU.</summary>
internal static class GpuGroups
{
    /// <summary>The groups that are objects of their own, in the order of writing.</summary>
    public static readonly ImmutableArray<KeyGroup> Nested =
    [
        IdentityKeys.Group, InforomKeys.Group, PciKeys.Group, MemoryKeys.Group, Bar1Keys.Group, PowerKeys.Group,
        ClocksKeys.Group, ThermalKeys.Group, UtilizationKeys.Group, ModesKeys.Group, EccKeys.Group, RemapKeys.Group,
        RetiredPagesKeys.Group, NvlinkKeys.Group, FabricKeys.Group, PlatformKeys.Group, ProcessesKeys.Group,
        MigKeys.Group, CudaKeys.Group,
    ];

    public static KeyGroup? Find(string name) => Nested.FirstOrDefault(group => group.Name == name);

    /// <param name="path">For example <c>power.usage_watts</c>.</param>
    public static Key? FindKey(string path) =>
        Nested.SelectMany(group => group.Keys).FirstOrDefault(key => key.Path == path);
}
