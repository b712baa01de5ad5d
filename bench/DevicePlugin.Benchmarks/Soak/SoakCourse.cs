using System.Diagnostics;

namespace DevicePlugin.Benchmarks.Soak;

/// <summary>
/// Random faults and repairs, reproducible by a seed. After each step, the plugin must report exactly the fit GPUs as healthy, and
/// reservations must agree.
/// </summary>
internal sealed class SoakCourse(SoakNode node, SoakPlugin plugin, Contender contender, Random random)
{
    private const int Xid = 79;

    // Hangs, reloads and maintenance end within their step; the other faults last until one of these is run.
    private readonly List<Func<CancellationToken, Task>> _cures = [];

    private (string Name, Func<CancellationToken, Task> Run)[] Steps =>
    [
        ("recovery action", RecoveryActionAsync), ("XID event", XidEventAsync), ("XID in the kernel log", LoggedXidAsync),
        ("cordon", CordonAsync), ("hang", HangAsync), ("driver reload", ReloadAsync), ("maintenance", MaintainAsync),
        ("agent restart", plugin.ReconnectAsync), ("recovery", CureOneAsync),
    ];

    /// <summary>How often each step was made.</summary>
    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>The current step, for the failure message.</summary>
    public string Current { get; private set; } = "start";

    /// <summary>Restarts the plugin while there are faults, which the new process must still report.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        await SettleAsync(cancellationToken);
        foreach (var strike in new[] { RecoveryActionAsync, XidEventAsync, LoggedXidAsync, CordonAsync })
        {
            await strike(cancellationToken);
            await SettleAsync(cancellationToken);
        }

        Current = "restart of the plugin";
        await plugin.RestartAsync(cancellationToken);
        await CureAsync(cancellationToken);
    }

    public async Task StepAsync(CancellationToken cancellationToken)
    {
        var step = Steps[random.Next(Steps.Length)];
        Current = step.Name;
        Counts[step.Name] = Counts.GetValueOrDefault(step.Name) + 1;
        await step.Run(cancellationToken);
        await SettleAsync(cancellationToken);
        await Task.Delay(random.Next(1500), cancellationToken);
    }

    /// <summary>Ends every fault.</summary>
    public async Task CureAsync(CancellationToken cancellationToken)
    {
        Current = "recovery of all";
        while (_cures.Count > 0)
        {
            await CureOneAsync(cancellationToken);
        }

        await SettleAsync(cancellationToken);
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        await plugin.SettleAsync(ClearAsync, cancellationToken);
        await plugin.ReserveAsync(node.Uuids[random.Next(node.Uuids.Length)], cancellationToken);
    }

    private async Task CureOneAsync(CancellationToken cancellationToken)
    {
        if (_cures.Count == 0)
        {
            return;
        }

        var chosen = random.Next(_cures.Count);
        var cure = _cures[chosen];
        _cures.RemoveAt(chosen);
        plugin.Unsettle();
        await cure(cancellationToken);
    }

    private Task RecoveryActionAsync(CancellationToken cancellationToken) => OnFitGpu(gpu =>
    {
        node.SetRecoveryAction(gpu, "gpu_reset");
        return _ =>
        {
            node.SetRecoveryAction(gpu, "none");
            return Task.CompletedTask;
        };
    });

    private Task XidEventAsync(CancellationToken cancellationToken) => OnFitGpu(gpu =>
    {
        node.RaiseXid(gpu, Xid);
        return async leaving =>
        {
            node.ForgetEvents();
            await ClearAsync(node.Uuids[gpu], leaving);
        };
    });

    private Task LoggedXidAsync(CancellationToken cancellationToken) => OnFitGpu(gpu =>
    {
        node.LogXid(gpu, Xid);
        return leaving => ClearAsync(node.Uuids[gpu], leaving);
    });

    private async Task CordonAsync(CancellationToken cancellationToken)
    {
        if (FindFitGpu() is { } gpu)
        {
            plugin.Unsettle();
            node.Expect(gpu, unfit: true);
            await RunAsync(cancellationToken, "cordon", node.Uuids[gpu], "--reason", "soak");
            _cures.Add(async leaving =>
            {
                node.Expect(gpu, unfit: false);
                await RunAsync(leaving, "uncordon", node.Uuids[gpu]);
            });
        }
    }

    // Ended within the step: if the driver is reloaded while a call hangs, the plugin process is replaced.
    private async Task HangAsync(CancellationToken cancellationToken)
    {
        if (FindFitGpu() is { } gpu)
        {
            plugin.Unsettle();
            node.Expect(gpu, unfit: true);
            node.Hang(gpu);
            await SettleAsync(cancellationToken);
            plugin.Unsettle();
            node.Expect(gpu, unfit: false);
            node.EndHangs();
        }
    }

    // Without faults: whether a reload ends one depends on what the driver reports afterwards.
    private async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await CureAsync(cancellationToken);
        Current = "driver reload";
        await InterruptAsync(node.SetDriver, cancellationToken);
    }

    private Task MaintainAsync(CancellationToken cancellationToken) =>
        InterruptAsync(isLoaded => node.SetMaintenance(!isLoaded), cancellationToken);

    private async Task InterruptAsync(Action<bool> setAvailable, CancellationToken cancellationToken)
    {
        plugin.Unsettle();
        setAvailable(false);
        await SettleAsync(cancellationToken);
        plugin.Unsettle();
        setAvailable(true);
    }

    private Task OnFitGpu(Func<int, Func<CancellationToken, Task>> strike)
    {
        if (FindFitGpu() is { } gpu)
        {
            plugin.Unsettle();
            node.Expect(gpu, unfit: true);
            var cure = strike(gpu);
            _cures.Add(leaving =>
            {
                node.Expect(gpu, unfit: false);
                return cure(leaving);
            });
        }

        return Task.CompletedTask;
    }

    private int? FindFitGpu()
    {
        var fit = Enumerable.Range(0, node.Uuids.Length).Where(gpu => !node.IsUnfit(gpu)).ToList();
        return fit.Count > 0 ? fit[random.Next(fit.Count)] : null;
    }

    private Task ClearAsync(string id, CancellationToken cancellationToken) =>
        RunAsync(cancellationToken, "health", "clear", id);

    private async Task RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var start = new ProcessStartInfo(contender.Executable.FullName, [.. arguments, "--config", node.CommandConfig])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new SoakException($"'{string.Join(' ', arguments)}' ended with {process.ExitCode}: {output}{await errors}");
        }
    }
}
