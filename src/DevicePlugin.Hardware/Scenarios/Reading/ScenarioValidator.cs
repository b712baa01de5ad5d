using System.Collections.Immutable;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios.Reading;

/// <summary>What no real node could be: found in the node as loaded and after every entry of the timeline.</summary>
internal sealed class ScenarioValidator(Scenario scenario, ProblemList problems)
{
    public void Validate()
    {
        var gpus = new GpuValidator(scenario, problems);
        for (var index = 0; index < scenario.Gpus.Length; index++)
        {
            gpus.Validate(scenario.Gpus[index], $"$.gpus[{index}]");
        }

        ValidateIdentities();
        ValidateTimeline(gpus);
        new PatternValidator(scenario, problems).Validate();
        ValidateCalls();
    }

    private void ValidateIdentities()
    {
        RequireUnique(IdentityKeys.Uuid.Path, gpu => gpu[IdentityKeys.Uuid]);
        RequireUnique(PciKeys.BusId.Path, gpu => gpu[PciKeys.BusId] is { } id ? Gpu.PciBusId.Normalize(id) : null);
        RequireUnique(IdentityKeys.MinorNumber.Path, gpu => gpu[IdentityKeys.MinorNumber]);
    }

    private void RequireUnique(string key, Func<KeyedValues, object?> identityOf)
    {
        var owners = new Dictionary<object, int>();
        for (var index = 0; index < scenario.Gpus.Length; index++)
        {
            if (identityOf(scenario.Gpus[index]) is { } identity && !owners.TryAdd(identity, index))
            {
                problems.Add($"$.gpus[{index}].{key}", $"{identity} is that of $.gpus[{owners[identity]}] already");
            }
        }
    }

    private void ValidateTimeline(GpuValidator validator)
    {
        RequireUniqueIds("timeline", scenario.Timeline.Select(entry => entry.Id));
        var gpus = scenario.Gpus;
        foreach (var (entry, index) in scenario.Timeline.Select((entry, index) => (entry, index))
            .OrderBy(pair => pair.entry.At))
        {
            var path = $"$.timeline[{index}]";
            if (ValidateShape(entry, path) && entry.Set is { } set)
            {
                gpus = [.. gpus.Select((gpu, position) => Change(gpu, position, entry.Gpu!, set, validator, path))];
            }
        }
    }

    private static KeyedValues Change(
        KeyedValues gpu, int position, GpuSelector selector, KeyedValues set, GpuValidator validator, string path)
    {
        if (!selector.Selects(position, gpu.Uuid()))
        {
            return gpu;
        }

        var changed = ResolvedGpu.Of(gpu.Under(set));
        validator.Validate(changed, $"{path}.set", gpu);
        return changed;
    }

    private bool ValidateShape(TimelineEntry entry, string path)
    {
        var before = problems.All.Count;
        if (!entry.ChangesNode && entry.Event is null)
        {
            problems.Add(path, "does nothing: it needs set, driver, system or event");
        }

        if (entry.Gpu is null && (entry.Set is not null || entry.Event is not null))
        {
            problems.Add($"{path}.gpu", "is missing; set and event need it");
        }

        if (entry.Set?.Keys.Contains(IdentityKeys.Uuid) == true)
        {
            problems.Add($"{path}.set.identity.uuid", "cannot change: another UUID is another GPU");
        }

        if (entry.Event is { } @event && @event.Has(EventKeys.ComputeInstance) && !@event.Has(EventKeys.GpuInstance))
        {
            problems.Add($"{path}.event.compute_instance", "needs gpu_instance");
        }

        ValidateSelector(entry.Gpu, $"{path}.gpu");
        return problems.All.Count == before;
    }

    private void ValidateCalls()
    {
        RequireUniqueIds("calls", scenario.Calls.Select(call => call.Id));
        for (var index = 0; index < scenario.Calls.Length; index++)
        {
            var call = scenario.Calls[index];
            var path = $"$.calls[{index}]";
            GpuSelectors.Validate(scenario, call.Values[CallKeys.Gpu], $"{path}.gpu", problems);
            if (call.Until <= call.At)
            {
                problems.Add($"{path}.until", "must be later than at");
            }

            if (call.Values.Has(CallKeys.Field) && !call.Matches("nvmlDeviceGetFieldValues", AnyFieldOf(call)))
            {
                problems.Add($"{path}.field", "is for nvmlDeviceGetFieldValues");
            }
        }
    }

    private static uint? AnyFieldOf(CallFault call) => (uint?)call.Values[CallKeys.Field];

    private void ValidateSelector(GpuSelector? selector, string path)
    {
        GpuSelectors.Validate(scenario, selector, path, problems);
        if (selector is null || selector.IsAll)
        {
            return;
        }

        for (var position = 0; position < scenario.Gpus.Length; position++)
        {
            if (selector.Selects(position, scenario.Gpus[position].Uuid()) && !IsEverPresent(position))
            {
                problems.Add(path, $"means a GPU that is never present, {selector}");
            }
        }
    }

    private bool IsEverPresent(int position)
    {
        var gpu = scenario.Gpus[position];
        return gpu.IsPresent() || scenario.Timeline.Any(entry =>
            entry.Gpu?.Selects(position, gpu.Uuid()) == true && entry.Set?[GpuKeys.Present] == true);
    }

    private void RequireUniqueIds(string part, IEnumerable<string> ids)
    {
        var known = new HashSet<string>();
        foreach (var (id, index) in ids.Select((id, index) => (id, index)))
        {
            if (!known.Add(id))
            {
                problems.Add($"$.{part}[{index}].id", $"\"{id}\" is there twice");
            }
        }
    }
}
