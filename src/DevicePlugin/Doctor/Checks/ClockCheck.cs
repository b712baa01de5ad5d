using System.Globalization;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Nomad takes statistics for what their timestamps say, so a clock that jumps makes them useless.</summary>
internal sealed class ClockCheck() : Check("clock")
{
    // Far more than reading a sample takes, and less than anybody would miss.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    protected override Finding Look(Examination node)
    {
        var trip = node.RoundTrip;
        var drift = trip.WallClock - trip.Elapsed;
        if (drift.Duration() > Tolerance)
        {
            return Finding.Fail(
                $"the system's clock was set by {Seconds(drift)} while doctor ran",
                "See what sets it (chronyc tracking, timedatectl): two programs may be at it.");
        }

        return trip.SampleAge switch
        {
            null => Finding.Pass("there was no sample of statistics to date"),
            { } age when age.Duration() > Tolerance => Finding.Fail(
                $"the last sample is dated {Seconds(age)} before it came",
                "A GPU answers slowly, or the clock was set: see the checks gpus and round-trip."),
            { } age => Finding.Pass($"the last sample was {Seconds(age)} old when it came"),
        };
    }

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");
}
