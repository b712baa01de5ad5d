using DevicePlugin.Hardware.Requests;

namespace DevicePlugin.Installing;

/// <summary>Ends a plugin that an agent runs, and waits for the one that the agent starts in its place.</summary>
/// <param name="find">The plugins of agents at this moment.</param>
/// <param name="time">Measures the waits.</param>
internal sealed class PluginRestart(Func<IReadOnlyList<AgentPlugin>> find, TimeProvider time)
{
    // Nomad 2.0.6 starts the next one within 0.1 s; the former has 2 s to end.
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);

    // A plugin that Nomad cannot use ends at once, and is started again and again.
    private static readonly TimeSpan ServingTime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The process that has served since.</summary>
    /// <param name="former">The one to end.</param>
    /// <param name="program">The file that its successor must run.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InstallException">There is none.</exception>
    public async Task<AgentPlugin> RunAsync(AgentPlugin former, ProgramFile program, CancellationToken cancellationToken)
    {
        if (!former.RequestEnd() && former.IsRunning)
        {
            throw new InstallException($"process {former.Id} cannot be ended by {Environment.UserName}");
        }

        var began = time.GetTimestamp();
        var seen = time.GetTimestamp();
        AgentPlugin? successor = null;
        while (time.GetElapsedTime(began) < StartLimit)
        {
            var current = find().FirstOrDefault(plugin => plugin.HasSameAgent(former) && plugin.Program == program);
            if (current is null || current.Id != successor?.Id)
            {
                successor = current;
                seen = time.GetTimestamp();
            }
            else if (time.GetElapsedTime(seen) >= ServingTime)
            {
                return current;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }

        throw new InstallException(Describe(former, successor));
    }

    private static string Describe(AgentPlugin former, AgentPlugin? last)
    {
        if (!former.IsAgentRunning)
        {
            return $"the agent, process {former.AgentId}, ended meanwhile; its next start uses the new file";
        }

        if (former.IsRunning)
        {
            return $"process {former.Id} did not end within {StartLimit.TotalSeconds:0} s of SIGTERM";
        }

        return last is null
            ? $"the agent, process {former.AgentId}, did not start the new file within {StartLimit.TotalSeconds:0} s; its log says why"
            : $"the plugin that the agent, process {former.AgentId}, started did not stay up; the agent's log says why";
    }
}
