using System.Globalization;

namespace DevicePlugin.Doctor.Checks;

/// <summary>This program, started as Nomad starts it.</summary>
internal sealed class RoundTripCheck() : Check("round-trip")
{
    protected override Finding Look(Examination node) => node.RoundTrip.Error is { } error
        ? Finding.Fail(
            $"started as a plugin, it failed at {error}",
            $"Run {BuildInfo.Name} host to see every call; it prints what the plugin logs.")
        : Finding.Pass(string.Create(
            CultureInfo.InvariantCulture,
            $"started as a plugin, it answered {node.RoundTrip.Steps.Count} calls in "
            + $"{node.RoundTrip.Elapsed.TotalMilliseconds:0} ms"));
}
