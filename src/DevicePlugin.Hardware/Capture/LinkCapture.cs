using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>nvlink and fabric.</summary>
internal static class LinkCapture
{
    // NVML_NVLINK_MAX_LINKS since header 13.3.
    private const uint MostLinks = 36;

    // NVML_GPU_FABRIC_HEALTH_MASK: two bits a condition, 1 is true, 2 false, 0 not supported; from bit 8 on the
    // configuration, where 1 is "none".
    private const uint True = 1;
    private const uint False = 2;
    private const int RouteRecoveryShift = 2;
    private const int RouteUnhealthyShift = 4;
    private const int AccessTimeoutShift = 6;
    private const int ConfigurationShift = 8;
    private const uint ConfigurationMask = 0xF;

    public static void ReadLinks(CapturedValues values)
    {
        var states = LinkStates(values.Query);
        if (states.Count == 0)
        {
            return;
        }

        var query = values.Query;
        var first = (uint)Math.Max(0, states.IndexOf(true));
        values.Add(NvlinkKeys.Links, states.Count);
        ImmutableArray<long> down =
            [.. Enumerable.Range(0, states.Count).Where(link => !states[link]).Select(link => (long)link)];
        values.Add(NvlinkKeys.Down, down);
        values.Add(NvlinkKeys.Version, query.GetInt(query.Api.Device.NvLinkVersion, first) is { } code
            ? Words.NvLinkVersion(code)
            : null);
        ReadCounters(values, (uint)states.Count, first);
    }

    public static unsafe void ReadFabric(CapturedValues values)
    {
        var query = values.Query;
        var result = query.Api.GetFabricInfo(query.Device, out var info);
        if (!query.Plan.Accept(query.Api.Device.FabricInfoV.Name, result))
        {
            return;
        }

        var cluster = new Guid(MemoryMarshal.CreateReadOnlySpan(ref info.ClusterUuid[0], 16), bigEndian: true);
        values.AddWord(FabricKeys.State, info.State);
        values.Add(FabricKeys.Status, ReturnCodes.NameOf(CapturedValues.Number((int)info.Status)));
        values.Add(FabricKeys.Clique, info.CliqueId);
        values.Add(FabricKeys.ClusterUuid, cluster.ToString());
        values.AddWord(FabricKeys.Health, info.HealthSummary == 0 ? null : info.HealthSummary);
        values.Add(FabricKeys.BandwidthDegraded, Condition(info.HealthMask, 0));
        values.Add(FabricKeys.RouteRecovery, Condition(info.HealthMask, RouteRecoveryShift));
        values.Add(FabricKeys.RouteUnhealthy, Condition(info.HealthMask, RouteUnhealthyShift));
        values.Add(FabricKeys.AccessTimeoutRecovery, Condition(info.HealthMask, AccessTimeoutShift));
        var configuration = (info.HealthMask >> ConfigurationShift) & ConfigurationMask;
        values.AddWord(FabricKeys.IncorrectConfiguration, configuration == 0 ? null : configuration - 1);
    }

    private static bool? Condition(uint mask, int shift) => ((mask >> shift) & 3) switch
    {
        True => true,
        False => false,
        _ => null,
    };

    private static List<bool> LinkStates(DeviceQuery query)
    {
        var function = query.Api.Device.NvLinkState;
        var states = new List<bool>();
        for (uint link = 0; link < MostLinks; link++)
        {
            uint state = 0;
            var result = function.Call(query.Device, link, ref state);
            if (result == NvmlReturn.InvalidArgument || !query.Plan.Accept(function.Name, result, link))
            {
                break;
            }

            states.Add(state != 0);
        }

        return states;
    }

    private static void ReadCounters(CapturedValues values, uint links, uint firstUp)
    {
        var fields = new FieldBatch(values.Query);
        fields.Add(FieldId.NvLinkSpeed, firstUp);
        for (uint link = 0; link < links; link++)
        {
            fields.Add(FieldId.NvLinkReplay, link);
            fields.Add(FieldId.NvLinkRecovery, link);
            fields.Add(FieldId.NvLinkCrc, link);
        }

        fields.Read();
        values.Add(NvlinkKeys.SpeedMBPerSecond, fields.Get(FieldId.NvLinkSpeed, firstUp));
        values.Add(NvlinkKeys.ReplayErrors, Sum(values.Query, fields, FieldId.NvLinkReplay, counter: 0, links));
        values.Add(NvlinkKeys.RecoveryErrors, Sum(values.Query, fields, FieldId.NvLinkRecovery, counter: 1, links));
        values.Add(NvlinkKeys.CrcErrors, Sum(values.Query, fields, FieldId.NvLinkCrc, counter: 2, links));
    }

    /// <summary>By field, and before branch 520, which has none for one link, by the function.</summary>
    private static long? Sum(DeviceQuery query, FieldBatch fields, uint field, uint counter, uint links)
    {
        long? sum = null;
        var function = query.Api.Device.NvLinkErrorCounter;
        for (uint link = 0; link < links; link++)
        {
            ulong count = 0;
            var one = fields.Get(field, link);
            if (one is null && query.Plan.Accept(
                function.Name, function.Call(query.Device, link, counter, ref count), counter))
            {
                one = (long)count;
            }

            sum = one is null ? sum : (sum ?? 0) + one;
        }

        return sum;
    }
}
