using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Without it the driver forgets a GPU that nobody uses, and takes seconds to come back.</summary>
internal sealed class PersistenceModeCheck() : Check("persistence-mode", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        var known = node.Gpus.Where(gpu => gpu.Facts.PersistenceMode is not null).ToList();
        var off = known.Count(gpu => gpu.Facts.PersistenceMode == false);
        return off > 0
            ? Finding.Warn(
                $"off on {off} of {Counted.Of(known.Count, "GPU")}",
                "Enable the service nvidia-persistenced: without it the first use of an idle GPU takes seconds, and "
                + "settings such as power limits are lost.")
            : Finding.Pass(known.Count == 0 ? "no GPU tells" : $"on, {Counted.Of(known.Count, "GPU")}");
    }
}
