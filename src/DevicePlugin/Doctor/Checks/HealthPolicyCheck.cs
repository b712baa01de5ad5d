using DevicePlugin.Composition;

namespace DevicePlugin.Doctor.Checks;

/// <summary>A setting that makes sick GPUs be offered is easily forgotten.</summary>
internal sealed class HealthPolicyCheck() : Check("health-policy")
{
    protected override Finding Look(Examination node)
    {
        var exceptions = HealthPolicies.Of(node.Config).Exceptions;
        return exceptions.IsEmpty
            ? Finding.Pass("a GPU with a cause gets no tasks")
            : Finding.Warn(
                $"GPUs may be offered in spite of a cause: {string.Join(", ", exceptions)}",
                "Remove what is no longer needed from the block health.");
    }
}
