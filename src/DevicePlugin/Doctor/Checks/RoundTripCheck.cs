using System.Globalization;
using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>This program, started as Nomad starts it.</summary>
internal sealed class RoundTripCheck() : Check("round-trip")
{
    private const int Named = 3;

    protected override Finding Look(Examination node)
    {
        var trip = node.RoundTrip;
        if (trip.Error is { } error)
        {
            return Finding.Fail(
                $"started as a plugin, it failed at {error}",
                $"Run {BuildInfo.Name} host to see every call; it prints what the plugin logs.");
        }

        return trip.Silent.Count > 0
            ? Finding.Fail(
                $"no statistics came within 1 s of {Counted.First(Named, trip.Silent)}, which counts as healthy until health.call_timeout is over",
                $"A driver call may hang: run {BuildInfo.Name} probe nvml, and see the driver's messages in the kernel log.")
            : Finding.Pass(string.Create(
                CultureInfo.InvariantCulture,
                $"started as a plugin, it answered {trip.Steps.Count} calls in {trip.Elapsed.TotalMilliseconds:0} ms"));
    }
}
