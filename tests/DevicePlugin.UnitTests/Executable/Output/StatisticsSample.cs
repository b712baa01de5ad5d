using DevicePlugin.Nomad.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace DevicePlugin.UnitTests.Executable.Output;

internal static class StatisticsSample
{
    public static readonly DateTimeOffset Time = new(2026, 11, 22, 12, 0, 0, 123, TimeSpan.Zero);

    public static StatsResponse Create(params string[] ids)
    {
        var group = new DeviceGroupStats { Vendor = "nvidia", Type = "gpu", Name = "NVIDIA H100 80GB HBM3" };
        foreach (var id in ids)
        {
            group.InstanceStats[id] = CreateDevice();
        }

        return new StatsResponse { Groups = { group } };
    }

    private static DeviceStats CreateDevice() => new()
    {
        Timestamp = Timestamp.FromDateTimeOffset(Time),
        Summary = new StatValue { IntNumeratorVal = 1024, IntDenominatorVal = 81559, Unit = "MiB" },
        Stats = new StatObject
        {
            Attributes =
            {
                ["Temperature"] = new StatValue { IntNumeratorVal = 41, Unit = "C" },
                ["Power usage"] = new StatValue { FloatNumeratorVal = 112.5, FloatDenominatorVal = 700, Unit = "W" },
                ["GPU utilization"] = new StatValue { StringVal = "N/A", Unit = "%" },
                ["Bad"] = new StatValue { FloatNumeratorVal = double.NaN },
            },
            Nested =
            {
                ["Row remap"] = new StatObject { Attributes = { ["Pending"] = new StatValue { BoolVal = false } } },
                ["NVLink"] = new StatObject
                {
                    Attributes =
                    {
                        ["Links up"] = new StatValue { IntNumeratorVal = 18, IntDenominatorVal = 18, Unit = "#" },
                    },
                },
            },
        },
    };
}
