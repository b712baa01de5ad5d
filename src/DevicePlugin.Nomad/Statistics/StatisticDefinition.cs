using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Nomad.Statistics;

/// <summary>One statistic of a device.</summary>
/// <param name="Group">The object it is nested in; empty for those the official plugin has too.</param>
/// <param name="Name">What users read; the official plugin's name where it has one.</param>
/// <param name="Unit">Free text for Nomad, which prints it behind the number.</param>
/// <param name="Description">Sent along with every value.</param>
/// <param name="Read">Null where the device does not have the value.</param>
internal sealed record StatisticDefinition(
    string Group, string Name, string Unit, string Description, Func<StatisticSource, StatValue?> Read)
{
    /// <summary>The value with its unit and description; null where the device does not have it.</summary>
    public StatValue? ReadLabelled(StatisticSource source)
    {
        if (Read(source) is not { } value)
        {
            return null;
        }

        value.Unit = Unit;
        value.Desc = Description;
        return value;
    }

    /// <summary>What stands for a value that a device does not have: never zero.</summary>
    public StatValue NotAvailable() => new() { StringVal = StatisticsMapper.NotAvailable, Unit = Unit, Desc = Description };
}
