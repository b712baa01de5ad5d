using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu;

/// <summary>Event ids 200 to 249.</summary>
internal static partial class GpuLog
{
    [LoggerMessage(249, LogLevel.Error, "{Name} failed and goes on in {Seconds} s.")]
    public static partial void BackgroundLoopFailed(this ILogger logger, string name, double seconds, Exception exception);

    [LoggerMessage(200, LogLevel.Error, "Reading the devices failed; the last inventory stands.")]
    public static partial void RefreshFailed(this ILogger logger, Exception exception);

    [LoggerMessage(201, LogLevel.Warning,
        "The first enumeration takes longer than {Seconds} s; until it is complete, the known devices ({Count}) are reported as "
        + "unhealthy.")]
    public static partial void FirstEnumerationIsLate(this ILogger logger, double seconds, int count);

    [LoggerMessage(202, LogLevel.Warning,
        "The id \"{Id}\" in ignored_gpu_ids names no device of this node; use a UUID, an NVML index or a PCI bus id.")]
    public static partial void IgnoredIdIsUnknown(this ILogger logger, string id);

    [LoggerMessage(203, LogLevel.Warning,
        "Listening for hardware events ended and begins again in {Seconds} s; until then the devices are only polled.")]
    public static partial void EventsEnded(this ILogger logger, double seconds, Exception? exception);

    [LoggerMessage(204, LogLevel.Warning, "GPU \"{Uuid}\" reported XID {Xid}, {Meaning}; {Advice}.")]
    public static partial void XidSeen(this ILogger logger, long xid, string? uuid, string meaning, string advice);

    [LoggerMessage(205, LogLevel.Error, "Statistics of device \"{Uuid}\" could not be read; they are reported as N/A.")]
    public static partial void ReadFailed(this ILogger logger, string uuid, Exception exception);

    [LoggerMessage(212, LogLevel.Warning,
        "GPU \"{Uuid}\" reported XID {Xid}, which no driver has; it is counted and not judged.")]
    public static partial void XidImpossible(this ILogger logger, long xid, string? uuid);

    [LoggerMessage(213, LogLevel.Warning, "{Count} more XIDs were counted and not logged.")]
    public static partial void XidsNotLogged(this ILogger logger, long count);

    [LoggerMessage(214, LogLevel.Warning,
        "An event names the GPU \"{Uuid}\", which no enumeration found; its events are dropped.")]
    public static partial void EventOfUnknownGpu(this ILogger logger, string uuid);

    [LoggerMessage(216, LogLevel.Error, "The sharing of devices is not as configured: {What}; {Advice}.")]
    public static partial void SharingIsWrong(this ILogger logger, string what, string advice);

    [LoggerMessage(217, LogLevel.Warning, "{What}; {Advice}.")]
    public static partial void SharingMatchesNothing(this ILogger logger, string what, string advice);

    [LoggerMessage(231, LogLevel.Warning,
        "The maintenance file declares {Gpus} reset: what a reset ends is over when the file is gone and they pass a probe.")]
    public static partial void ResetDeclared(this ILogger logger, string gpus);

    [LoggerMessage(232, LogLevel.Warning,
        "GPU \"{Gpu}\" was reset: what a reset ends is over when it passes a probe.")]
    public static partial void GpuWasReset(this ILogger logger, string gpu);

    [LoggerMessage(233, LogLevel.Warning,
        "The driver is taken back from {Borrower}, which was to reset GPU \"{Gpu}\": {Reason}. The GPU stays cordoned.")]
    public static partial void DriverTakenBack(this ILogger logger, string gpu, string borrower, string reason);

    [LoggerMessage(234, LogLevel.Warning,
        "GPU \"{Gpu}\" is still being reset by {Borrower}: the driver is not opened until that is over.")]
    public static partial void ResetGoesOn(this ILogger logger, string gpu, string borrower);

    [LoggerMessage(230, LogLevel.Warning,
        "GPU {Gpu} is not offered, because its device group is not known: {Reason}.")]
    public static partial void GpuUnidentified(this ILogger logger, string gpu, string reason);

    [LoggerMessage(246, LogLevel.Warning,
        "The kernel log has XID {Xid} for GPU \"{Uuid}\", {Meaning}, {Count} times since {Since:u}; {Advice}.")]
    public static partial void XidFound(
        this ILogger logger, long xid, string? uuid, string meaning, string advice, long count, DateTimeOffset since);

    [LoggerMessage(247, LogLevel.Warning, "An NVSwitch reported SXid {Sxid}: {Text}.")]
    public static partial void SwitchErrorSeen(this ILogger logger, long sxid, string text);

    [LoggerMessage(248, LogLevel.Warning,
        "{Count} lines of the kernel log were overwritten before they were read; XIDs in them are known only if the driver "
        + "sent events.")]
    public static partial void KernelLogLinesLost(this ILogger logger, long count);

    public static void InventoryChanged(this ILogger logger, Inventory? before, Inventory now)
    {
        if (before is null || before.Driver != now.Driver)
        {
            LogDriver(logger, now);
        }

        // The replicas of a device have everything in common: the first one speaks for all.
        var known = before?.Physical.ToDictionary(device => device.Gpu.Uuid, StringComparer.Ordinal) ?? [];
        foreach (var device in now.Physical)
        {
            var uuid = device.Gpu.Uuid;
            var wasUsable = !known.Remove(uuid, out var old) || old.Health.IsUsable;
            if (old is null || old.Share != device.Share)
            {
                LogOffer(logger, device);
            }

            if (wasUsable && !device.Health.IsUsable)
            {
                logger.DeviceUnhealthy(uuid, device.Health.Description);
            }
            else if (!wasUsable && device.Health.State == HealthState.Reported)
            {
                logger.DeviceOfferedAgain(uuid, device.Health.Description);
            }
            else if (!wasUsable && device.Health.IsUsable)
            {
                logger.DeviceHealthy(uuid);
            }
            else if (!wasUsable)
            {
                LogCauses(logger, uuid, old!.Health, device.Health);
            }
            else
            {
                LogReported(logger, uuid, old?.Health ?? DeviceHealth.Healthy, device.Health);
            }
        }

        foreach (var gone in known.Keys)
        {
            logger.DeviceGone(gone);
        }
    }

    /// <summary>
    /// Of a device that was unhealthy and still is: what began, what is another condition by now, and what is over and leaves
    /// the rest.
    /// </summary>
    private static void LogCauses(ILogger logger, string uuid, DeviceHealth before, DeviceHealth now)
    {
        var old = before.ByKey;
        var current = now.ByKey;
        foreach (var (key, told) in current.Except(old))
        {
            if (old.Any(cause => cause.Key == key))
            {
                logger.CauseChanged(uuid, told);
            }
            else
            {
                logger.CauseBegan(uuid, told, current.Length);
            }
        }

        var rest = string.Join(". ", now.Causes);
        foreach (var (_, told) in old.ExceptBy(current.Select(cause => cause.Key), cause => cause.Key))
        {
            logger.CauseEnded(uuid, told, rest);
        }
    }

    /// <summary>Of a device that is offered all the while.</summary>
    private static void LogReported(ILogger logger, string uuid, DeviceHealth before, DeviceHealth now)
    {
        var was = before.State == HealthState.Reported ? before.ByKey : [];
        var causes = now.State == HealthState.Reported ? now.ByKey : [];
        foreach (var (_, cause) in causes.Except(was))
        {
            logger.CauseReported(uuid, cause);
        }

        foreach (var (_, cause) in was.ExceptBy(causes.Select(cause => cause.Key), cause => cause.Key))
        {
            logger.ReportedCauseEnded(uuid, cause);
        }
    }

    private static void LogDriver(ILogger logger, Inventory now)
    {
        if (now.Driver.IsLoaded)
        {
            logger.DriverReady(now.Driver.Version, now.Devices.Length);
        }
        else
        {
            logger.DriverAbsent(DriverStateWord.Of(now.Driver.State), now.Driver.Reason.TrimEnd('.'));
        }
    }

    private static void LogOffer(ILogger logger, InventoryDevice device)
    {
        var address = device.Gpu.PciBusId ?? "no PCI address";
        if (device.Share is { } share)
        {
            logger.DeviceShared(
                device.Gpu.Uuid, device.Gpu.Name, address, share.Replicas,
                SharingStrategyWord.Of(share.Strategy));
        }
        else
        {
            logger.DeviceFound(device.Gpu.Uuid, device.Gpu.Name, address);
        }
    }

    [LoggerMessage(206, LogLevel.Information, "Driver {Version} offers {Count} devices.")]
    private static partial void DriverReady(this ILogger logger, string? version, int count);

    [LoggerMessage(207, LogLevel.Warning, "The driver cannot be used ({State}): {Reason}.")]
    private static partial void DriverAbsent(this ILogger logger, string state, string reason);

    [LoggerMessage(208, LogLevel.Information, "Device \"{Id}\" ({Name}, {PciBusId}) is offered to Nomad.")]
    private static partial void DeviceFound(this ILogger logger, string id, string name, string pciBusId);

    [LoggerMessage(215, LogLevel.Information,
        "Device \"{Id}\" ({Name}, {PciBusId}) is offered to Nomad as {Replicas} replicas, shared by {Strategy}.")]
    private static partial void DeviceShared(
        this ILogger logger, string id, string name, string pciBusId, int replicas, string strategy);

    [LoggerMessage(209, LogLevel.Warning, "Device \"{Id}\" is unhealthy, Nomad places no new tasks on it: {Cause}.")]
    private static partial void DeviceUnhealthy(this ILogger logger, string id, string cause);

    [LoggerMessage(218, LogLevel.Warning, "Unhealthy device \"{Id}\" has a new cause, {Count} in total: {Cause}.")]
    private static partial void CauseBegan(this ILogger logger, string id, string cause, int count);

    [LoggerMessage(220, LogLevel.Warning, "A cause of unhealthy device \"{Id}\" has changed: {Cause}.")]
    private static partial void CauseChanged(this ILogger logger, string id, string cause);

    [LoggerMessage(219, LogLevel.Warning, "Unhealthy device \"{Id}\" has one cause fewer. Ended: {Cause}. Remaining: {Rest}.")]
    private static partial void CauseEnded(this ILogger logger, string id, string cause, string rest);

    [LoggerMessage(210, LogLevel.Warning, "Device \"{Id}\" is healthy again.")]
    private static partial void DeviceHealthy(this ILogger logger, string id);

    [LoggerMessage(223, LogLevel.Warning, "Device \"{Id}\" stays offered to Nomad, {Cause}.")]
    private static partial void CauseReported(this ILogger logger, string id, string cause);

    [LoggerMessage(221, LogLevel.Warning, "Device \"{Id}\" was offered to Nomad all the while; ended: {Cause}.")]
    private static partial void ReportedCauseEnded(this ILogger logger, string id, string cause);

    [LoggerMessage(222, LogLevel.Warning, "Device \"{Id}\" is offered to Nomad again, {Cause}.")]
    private static partial void DeviceOfferedAgain(this ILogger logger, string id, string cause);

    [LoggerMessage(211, LogLevel.Warning, "Device \"{Id}\" is gone and no longer offered.")]
    private static partial void DeviceGone(this ILogger logger, string id);

    [LoggerMessage(240, LogLevel.Warning,
        "Device \"{Uuid}\" reports {Value} as its {Name}, which is implausible: it is {Reason}. The value is ignored; this is "
        + "logged once per device and value.")]
    public static partial void ImpossibleValue(
        this ILogger logger, string uuid, string value, string name, string reason);

    [LoggerMessage(241, LogLevel.Information,
        "The counter {Name} of device \"{Uuid}\" decreased from {Before} to {Now} although the driver was not reloaded; it "
        + "continues from the new value.")]
    public static partial void CounterFell(
        this ILogger logger, string name, string uuid, double before, double now);

    [LoggerMessage(242, LogLevel.Error,
        "A handler of {What} failed; the status page or the metrics may miss an update. Nomad is not affected.")]
    public static partial void ListenerFailed(this ILogger logger, string what, Exception exception);

    [LoggerMessage(243, LogLevel.Error, "A statistics sample failed; the next one is taken at the usual time.")]
    public static partial void SampleFailed(this ILogger logger, Exception exception);
}
