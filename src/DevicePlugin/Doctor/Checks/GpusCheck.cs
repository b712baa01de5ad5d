using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>What Nomad would be offered, and what of it gets no tasks.</summary>
internal sealed class GpusCheck() : Check("gpus")
{
    private const int Told = 3;

    protected override Finding Look(Examination node)
    {
        var devices = node.Inventory.Devices;
        if (devices.IsEmpty)
        {
            return node.HasDriver
                ? Finding.Warn(
                    "the driver names no GPU that is offered",
                    "See nvidia-smi -L, and ignored_gpu_ids in the configuration.")
                : Finding.Pass("none, since no driver is in use");
        }

        var sick = devices.Where(device => device.Health.State == HealthState.Unhealthy).ToList();
        var reported = devices.Where(device => device.Health.State == HealthState.Reported).ToList();
        var fit = devices.Length - sick.Count - reported.Count;
        var found = $"{Counted.Of(devices.Length, "device")}, {fit} fit for tasks";
        if (sick.Count == 0 && reported.Count > 0)
        {
            return Finding.Warn($"{found}; {Describe(reported)}", "They still get tasks, because the health block says so.");
        }

        if (sick.Count == 0)
        {
            return node.IsFake
                ? Finding.Warn(
                    $"{found}, simulated by the scenario {node.Config.Fake.Scenario}",
                    "Set backend = \"nvml\" to offer the node's own GPUs.")
                : Finding.Pass(found);
        }

        return Finding.Fail(
            $"{found}; {Describe([.. sick, .. reported])}",
            $"Run {BuildInfo.Name} fingerprint to see all; the cause says what clears it.");
    }

    private static string Describe(List<InventoryDevice> devices)
    {
        var causes = devices.Take(Told).Select(device => $"{device.Id}: {device.Health.Description}");
        var more = devices.Count > Told ? $"; and {devices.Count - Told} more" : "";
        return $"{string.Join("; ", causes)}{more}";
    }
}
