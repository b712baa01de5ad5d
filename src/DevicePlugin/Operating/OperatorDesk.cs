using DevicePlugin.Composition;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Hardware.State;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Serving;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.Operating;

/// <summary>
/// Has an operator's request done: by the plugin that serves, or, where none does, by changing the records that the next one
/// takes up.
/// </summary>
internal sealed class OperatorDesk(PluginConfig config, TimeProvider timeProvider)
{
    private const string BySudo = " by sudo";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StartPoll = TimeSpan.FromMilliseconds(200);

    private readonly string _folder = StateAttendance.FolderOf(config);
    private KernelLogEnd _logEnd = KernelLogEnd.None;

    /// <summary>Who runs this process, for records and logs.</summary>
    public static string Caller => Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } user
        && user != Environment.UserName
        ? OneLine.Of(user, OneLine.MostCaller - BySudo.Length) + BySudo
        : OneLine.Of(Environment.UserName, OneLine.MostCaller);

    public async Task<OperatorAnswer> DoAsync(OperatorRequest request, CancellationToken cancellationToken)
    {
        // First of all: what the kernel says from here on was not seen by whoever asked to clear it.
        _logEnd = request.Verb == OperatorVerb.ClearHealth ? KernelLogEnd.Of(config, timeProvider) : KernelLogEnd.None;
        try
        {
            return await ChooseAsync(request, cancellationToken) with { Folder = _folder };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return OperatorAnswer.Refusal(
                $"the state folder \"{_folder}\" cannot be used: {exception.Message.TrimEnd('.')}") with
            { Folder = _folder };
        }
    }

    /// <summary>Whether a plugin serves that holds the records, or why nothing can be done.</summary>
    public async Task<(string? Refusal, bool IsServed)> FindPluginAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return ("this command works on Linux only", false);
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return ($"this command needs root, as it changes or asks for what is in \"{_folder}\": run it with sudo", false);
        }

        // A plugin that was just started takes the lock with the agent's first question about devices.
        for (var began = timeProvider.GetTimestamp(); ; await Task.Delay(StartPoll, timeProvider, cancellationToken))
        {
            if (StateLock.TryTake(_folder, out var isHeld, out var reason) is { } free)
            {
                free.Dispose();
                if (FindOthers() is not { Count: > 0 } others)
                {
                    return (null, false);
                }

                if (timeProvider.GetElapsedTime(began) >= StartLimit)
                {
                    return (
                        $"a plugin serves ({string.Join(", ", others)}) and does not use the state folder \"{_folder}\": name "
                        + "its configuration with --agent-config or --config", false);
                }
            }
            else
            {
                return isHeld ? (null, true) : ($"the state folder \"{_folder}\" cannot be used: {reason}", false);
            }
        }
    }

    private async Task<OperatorAnswer> ChooseAsync(OperatorRequest request, CancellationToken cancellationToken)
    {
        var (refusal, isServed) = await FindPluginAsync(cancellationToken);
        if (refusal is not null)
        {
            return OperatorAnswer.Refusal(refusal);
        }

        if (!isServed)
        {
            return await ChangeRecordsAsync(request, cancellationToken);
        }

        var (answer, held) = await new RequestClient(_folder, timeProvider).SendAsync(request, cancellationToken);
        held?.Dispose();
        return answer is null ? await ChangeRecordsAsync(request, cancellationToken) : answer with { IsServed = true };
    }

    // The driver is asked before the records are held, since it may take its time and a plugin that starts waits for them.
    private async Task<OperatorAnswer> ChangeRecordsAsync(OperatorRequest request, CancellationToken cancellationToken)
    {
        var devices = await FindDevicesAsync(cancellationToken);
        using var held = StateLock.TryTake(_folder, out _, out var reason);
        if (held is null || FindOthers() is { Count: > 0 })
        {
            var why = held is null ? reason : "one runs now";
            return OperatorAnswer.Refusal($"a plugin just started or stopped ({why}); nothing was done, try again");
        }

        if (config.Backend != BackendKind.Fake)
        {
            // As the plugin would: what is written here must not stand in the way of it.
            FormerState.TakeOver(HealthFile.Name, config.RunDir, _folder, NullLogger.Instance);
        }

        // A plugin that starts now waits for so long, and then reads the records as they are.
        var taken = timeProvider.GetTimestamp();
        var answer = ChangeRecords(request, devices, () => timeProvider.GetElapsedTime(taken) < StateLock.EditLimit);
        return request.Verb == OperatorVerb.ClearHealth ? _logEnd.Qualify(answer) : answer;
    }

    private OperatorAnswer ChangeRecords(OperatorRequest request, IEnumerable<GpuDevice> devices, Func<bool> mayReplace)
    {
        var cordons = new CordonFile(Path.Combine(_folder, CordonFile.Name), NullLogger.Instance) { MayReplace = mayReplace };
        var health = new HealthFile(
            Path.Combine(_folder, HealthFile.Name), BootId.Read(config.ProcRoot), NullLogger.Instance)
        {
            MayReplace = mayReplace, ReadClock = () => BootClock.Read(config.ProcRoot, timeProvider),
        };
        health.Peek(out var problem);
        return problem is not null && (request.Verb is OperatorVerb.ListHealth or OperatorVerb.ClearHealth)
            ? OperatorAnswer.Refusal($"the record of causes {problem}")
            : new RecordOperator(
                new CordonStore(cordons.Load, cordons.Save), new HealthStore(() => health.Peek(out _), health.Save), _logEnd.Line,
                HealthPolicies.Of(config)).Do(request, devices);
    }

    private List<ServingPlugin> FindOthers() => [.. ServingPlugins.Find(config.ProcRoot, BuildInfo.Name, NomadHandshake.Cookie.Key)];

    /// <summary>
    /// What the driver says now, and what is known from before of GPUs that it does not list: their index and address may be
    /// another GPU's by now, so that only UUID and serial number name them.
    /// </summary>
    private async Task<IEnumerable<GpuDevice>> FindDevicesAsync(CancellationToken cancellationToken)
    {
        await using var node = GpuNode.ForCommand(config, NullLoggerFactory.Instance);
        var inventory = await node.ReadInventoryAsync(cancellationToken);
        var listed = inventory.Devices.Select(device => device.Gpu).ToList();
        var known = new KnownGpuFile(Path.Combine(_folder, KnownGpuFile.Name), NullLogger.Instance).Peek().Devices
            .Where(device => !listed.Exists(other => other.PhysicalUuid == device.PhysicalUuid))
            .Select(device => device with { Index = -1, PciBusId = null, FormerPciBusId = null });
        return listed.Concat(known);
    }
}
