using System.Globalization;

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Whether a device may get new tasks. Fixed while a cause lasts: Nomad compares the text, and a text that changes would
/// make it evaluate the node's jobs again.
/// </summary>
/// <param name="State">Healthy and unmonitored devices are offered to Nomad.</param>
/// <param name="Cause">What is wrong and what showed it; empty when nothing is.</param>
/// <param name="Since">When the cause was first seen; null when healthy.</param>
public sealed record DeviceHealth(HealthState State, string Cause = "", DateTimeOffset? Since = null)
{
    public static readonly DeviceHealth Healthy = new(HealthState.Healthy);

    /// <summary>What to do about the cause; empty when that is not known.</summary>
    public string Advice { get; init; } = "";

    /// <summary>Further causes, described as the first one; empty when there are none.</summary>
    public string Others { get; init; } = "";

    public bool IsUsable => State != HealthState.Unhealthy;

    /// <summary>Nomad's health_description, one line: each cause with what to do and its onset, or empty.</summary>
    public string Description
    {
        get
        {
            var first = Advice.Length > 0 ? $"{Cause}; {Advice}" : Cause;
            if (Since is { } since)
            {
                first += string.Create(
                    CultureInfo.InvariantCulture, $". Since {since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}");
            }

            return Others.Length > 0 ? $"{first}. {Others}" : first;
        }
    }

    /// <summary>Of causes in the order of their onset. More than three are not told: the line is read in a table.</summary>
    internal static DeviceHealth Of(IReadOnlyList<ActiveCause> causes)
    {
        const int Told = 3;
        return causes.Count == 0
            ? Healthy
            : Of(causes[0]) with
            {
                Others = string.Join(". ", causes.Take(Told).Skip(1).Select(cause => Of(cause).Description)),
            };
    }

    private static DeviceHealth Of(ActiveCause cause) =>
        new(HealthState.Unhealthy, cause.What, cause.Since) { Advice = cause.Advice };
}
