using DevicePlugin.Gpu.Health;
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
        var found = $"{Counted.Of(devices.Length, "device")}, {devices.Length - sick.Count} fit for tasks";
        if (sick.Count == 0)
        {
            return node.IsFake
                ? Finding.Warn(
                    $"{found}, simulated by the scenario {node.Config.Fake.Scenario}",
                    "Set backend = \"nvml\" to offer the node's own GPUs.")
                : Finding.Pass(found);
        }

        var causes = sick.Take(Told).Select(device => $"{device.Id}: {device.Health.Description}");
        var more = sick.Count > Told ? $"; and {sick.Count - Told} more" : "";
        return Finding.Fail(
            $"{found}; {string.Join("; ", causes)}{more}",
            $"Run {BuildInfo.Name} fingerprint to see all; the cause says what clears it.");
    }
}
