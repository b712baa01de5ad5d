using System.Collections.Immutable;
using DevicePlugin.Hardware.Conditions;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>nvlink and fabric.</summary>
internal static class LinkCapture
{
    // NVML_NVLINK_MAX_LINKS since header 13.3.
    private const uint MostLinks = 36;

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

    public static void ReadFabric(CapturedValues values)
    {
        var query = values.Query;
        var result = query.Api.GetFabricInfo(query.Device, out var info);
        if (!query.Plan.Accept(query.Api.Device.FabricInfoV.Name, result))
        {
            return;
        }

        var fabric = FabricReading.Of(info);
        values.AddWord(FabricKeys.State, fabric.State);
        values.Add(FabricKeys.Status, ReturnCodes.NameOf(CapturedValues.Number((int)fabric.Status)));
        values.Add(FabricKeys.Clique, fabric.CliqueId);
        values.Add(FabricKeys.ClusterUuid, fabric.ClusterUuid);
        values.AddWord(FabricKeys.Health, Told(fabric.Summary));
        values.Add(FabricKeys.BandwidthDegraded, fabric.BandwidthDegraded);
        values.Add(FabricKeys.RouteRecovery, fabric.RouteRecovery);
        values.Add(FabricKeys.RouteUnhealthy, fabric.RouteUnhealthy);
        values.Add(FabricKeys.AccessTimeoutRecovery, fabric.AccessTimeoutRecovery);
        values.AddWord(FabricKeys.IncorrectConfiguration, Told(fabric.IncorrectConfiguration));
    }

    /// <summary>What is 0 is not supported.</summary>
    private static uint? Told(uint code) => code == 0 ? null : code;

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
