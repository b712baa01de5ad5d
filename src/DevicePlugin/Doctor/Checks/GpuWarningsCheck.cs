using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>What the driver reports about a GPU that does not make it unfit, or not yet.</summary>
internal sealed class GpuWarningsCheck() : Check("gpu-warnings")
{
    private const int Told = 3;

    protected override Finding Look(Examination node)
    {
        var noticed = node.Gpus.Where(gpu => gpu.Notice is not null).ToList();
        if (noticed.Count == 0)
        {
            return Finding.Pass(node.HasDriver ? "the driver reports none" : "not looked at: no driver is in use");
        }

        var told = noticed.Take(Told).Select(gpu => $"{gpu.PhysicalUuid}: {gpu.Notice}");
        var more = noticed.Count > Told ? $"; and {Counted.Of(noticed.Count - Told, "more GPU")}" : "";
        return Finding.Warn(
            $"{string.Join("; ", told)}{more}",
            "Check that nvidia-fabricmanager is running and matches the driver version; nvidia-smi -q shows the state under Fabric.");
    }
}
