using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Nomad.Sharing;
using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>The blocks <c>sharing</c> against the devices that are there: what SetConfig cannot know.</summary>
internal sealed class SharingCheck() : Check("sharing")
{
    protected override Finding Look(Examination node)
    {
        var policy = SharingPolicies.Of(node.Config);
        if (policy.Rules.IsEmpty)
        {
            return Finding.Pass("does not apply: no sharing block");
        }

        if (!node.HasDriver)
        {
            return Finding.Pass("not looked at: no driver says which devices there are");
        }

        var devices = new List<GpuDevice>();
        foreach (var device in node.Inventory.Physical)
        {
            devices.Add(device.Gpu);
        }

        var mistakes = SharingReview.FindMistakes(policy, devices).ToList();
        var findings = mistakes.Concat(SharingReview.FindUnmatched(policy, devices)).ToList();
        if (findings.Count == 0)
        {
            return Finding.Pass($"{Counted.Of(policy.Rules.Length, "block")}, each for devices of its own");
        }

        var seen = string.Join("; ", findings.Select(finding => finding.What));
        var advice = string.Join("; ", findings.Select(finding => finding.Advice).Distinct());
        var sentence = $"{char.ToUpperInvariant(advice[0])}{advice[1..]}.";
        return mistakes.Count > 0 ? Finding.Fail(seen, sentence) : Finding.Warn(seen, sentence);
    }
}
