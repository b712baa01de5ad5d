using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Whether nvidia-smi says the same of the GPUs as the plugin; only where it was asked for.</summary>
internal sealed class NvidiaSmiCheck() : Check("nvidia-smi", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        if (node.Comparison is not { Problem: null } comparison)
        {
            return Finding.Fail(
                $"it could not be compared with: {node.Comparison?.Problem ?? "it was not asked"}",
                "Run \"nvidia-smi -q -x\" as root to see what keeps it from answering.");
        }

        var differences = comparison.Differences;
        var seen = $"{Counted.Of(comparison.Values, "value")} of {Counted.Of(comparison.Gpus, "GPU")} compared, "
            + $"{differences.Count(difference => !difference.Moves)} differ";
        if (differences.Any(difference => !difference.Moves))
        {
            return Finding.Fail(
                seen,
                "The table below has them. Report them with a capture of the node (command capture): either the plugin reads a value "
                + "wrongly, or this driver's nvidia-smi does.");
        }

        if (comparison.Complaint.Length > 0)
        {
            return Finding.Warn(
                $"{seen}, but nvidia-smi ended with {comparison.Complaint}",
                "Run \"nvidia-smi\" as root: its exit code says that it could not do all of its work, see its manual page.");
        }

        if (comparison.Gpus == 0)
        {
            return Finding.Warn("nvidia-smi and the plugin have no GPU to compare", "See the checks driver and gpus.");
        }

        return differences.Count == 0
            ? Finding.Pass(seen)
            : Finding.Warn(
                $"{seen}, and {Counted.Of(differences.Count, "moving value")} differed three times in a row",
                "The table below has them. Values that move may differ on a busy node: repeat it while the GPUs are idle.");
    }
}
