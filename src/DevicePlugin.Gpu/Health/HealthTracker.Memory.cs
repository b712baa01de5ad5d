namespace DevicePlugin.Gpu.Health;

/// <content>What outlives the process.</content>
internal sealed partial class HealthTracker
{
    /// <summary>Takes up what an earlier process left unfinished.</summary>
    public void Restore(HealthMemory memory)
    {
        lock (_gate)
        {
            var now = Now();
            _judgedLine ??= memory.JudgedLine;
            foreach (var cause in memory.Causes)
            {
                Find(cause.Gpu)?.Restore(cause, _policy.Xids.Find, now);
            }

            foreach (var flap in memory.Flaps)
            {
                Find(flap.Gpu)?.Restore(flap, now);
            }

            foreach (var contained in memory.Contained)
            {
                Find(contained.Gpu)?.Restore(contained);
            }

            foreach (var clear in memory.Clears)
            {
                Find(clear.Gpu)?.Restore(clear);
            }

            foreach (var grace in memory.Graces)
            {
                _graces.Restore(grace, now);
            }
        }
    }

    /// <summary>What the next process is to know, in an order that depends on nothing but its content.</summary>
    public HealthMemory Remember()
    {
        lock (_gate)
        {
            var now = Now();
            var gpus = _gpus.OrderBy(gpu => gpu.Key, StringComparer.Ordinal).ToList();
            return new HealthMemory([.. gpus.SelectMany(gpu => gpu.Value.Remember(gpu.Key, _policy.Xids.Find))])
            {
                JudgedLine = _judgedLine,
                Flaps = [.. gpus.SelectMany(gpu => gpu.Value.RememberFlaps(gpu.Key, now))],
                Graces = [.. _graces.Remember()],
                Contained = [.. gpus.Select(gpu => gpu.Value.RememberContainment(gpu.Key)).OfType<RememberedContainment>()],
                Clears = [.. gpus.Select(gpu => gpu.Value.RememberClear()).OfType<RememberedClear>()],
            };
        }
    }
}
