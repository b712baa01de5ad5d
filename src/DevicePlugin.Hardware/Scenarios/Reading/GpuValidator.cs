using System.Globalization;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios.Reading;

/// <summary>Checks one GPU's values against each other.</summary>
internal sealed class GpuValidator(Scenario scenario, ProblemList problems)
{
    // A capture rounds used, reserved and free to whole MiB each (81559 = 480 + 0 + 81080 - 1 on an H100).
    private const double Rounding = 2;

    // A MIG UUID may come back on its GPU, never on another one.
    private readonly Dictionary<string, string> _ownersOfInstances = [];

    private string _path = "";
    private KeyedValues _gpu = KeyedValues.Empty;
    private KeyedValues? _before;

    /// <summary>What was so already in <paramref name="before"/> is not the problem of the change.</summary>
    public void Validate(KeyedValues gpu, string path, KeyedValues? before = null)
    {
        (_gpu, _path, _before) = (gpu, path, before);
        Require(IdentityKeys.Uuid);
        Require(IdentityKeys.Name);
        AtMost(MemoryKeys.UsedMiB, MemoryKeys.TotalMiB);
        AtMost(MemoryKeys.ReservedMiB, MemoryKeys.TotalMiB);
        AtMost(MemoryKeys.FreeMiB, MemoryKeys.TotalMiB);
        AtMost(MemoryKeys.ProtectedUsedMiB, MemoryKeys.ProtectedTotalMiB);
        AtMost(Bar1Keys.UsedMiB, Bar1Keys.TotalMiB);
        AtMost(Bar1Keys.FreeMiB, Bar1Keys.TotalMiB);
        ValidateMemorySum(
            gpu, MemoryKeys.TotalMiB, MemoryKeys.UsedMiB, MemoryKeys.ReservedMiB, MemoryKeys.FreeMiB, path);
        ValidateUnifiedMemory();
        ValidatePower();
        ValidateClocks();
        AtMost(PciKeys.Generation, PciKeys.MaxGeneration);
        AtMost(PciKeys.Width, PciKeys.MaxWidth);
        ValidateLinks();
        ValidateMig();
    }

    private void Require(Key key)
    {
        if (!_gpu.Has(key))
        {
            problems.Add($"{_path}.{key.Path}", "is missing");
        }
    }

    private void ValidatePower()
    {
        AtMost(PowerKeys.MinLimitWatts, PowerKeys.MaxLimitWatts);
        AtMost(PowerKeys.MinLimitWatts, PowerKeys.DefaultLimitWatts);
        AtMost(PowerKeys.DefaultLimitWatts, PowerKeys.MaxLimitWatts);
        AtMost(PowerKeys.LimitWatts, PowerKeys.MaxLimitWatts);
        AtMost(PowerKeys.ModuleMinLimitWatts, PowerKeys.ModuleMaxLimitWatts);
        AtMost(PowerKeys.ModuleLimitWatts, PowerKeys.ModuleMaxLimitWatts);
    }

    private void ValidateClocks()
    {
        AtMost(ClocksKeys.GraphicsMHz, ClocksKeys.MaxGraphicsMHz);
        AtMost(ClocksKeys.SmMHz, ClocksKeys.MaxSmMHz);
        AtMost(ClocksKeys.MemoryMHz, ClocksKeys.MaxMemoryMHz);
        AtMost(ClocksKeys.VideoMHz, ClocksKeys.MaxVideoMHz);
    }

    private void ValidateUnifiedMemory()
    {
        if (_gpu[MemoryKeys.Unified] is not true || _before?[MemoryKeys.Unified] is true)
        {
            return;
        }

        if (!scenario.System.Has(SystemKeys.MemoryTotalMiB))
        {
            problems.Add($"{_path}.memory.unified", "needs system.memory_total_mib");
        }

        if (_gpu.Has(MemoryKeys.TotalMiB) || _gpu.Has(MemoryKeys.UsedMiB))
        {
            problems.Add($"{_path}.memory", "is unified: the driver says no total and no used of its own");
        }
    }

    private void ValidateLinks()
    {
        foreach (var link in _gpu[NvlinkKeys.Down] ?? [])
        {
            if (link >= (_gpu[NvlinkKeys.Links] ?? 0))
            {
                problems.Add($"{_path}.nvlink.down", $"names link {link} of {_gpu[NvlinkKeys.Links] ?? 0}");
            }
        }
    }

    private void ValidateMig()
    {
        var instances = _gpu[MigKeys.Instances] ?? [];
        if (instances.Length > 0 && _gpu[MigKeys.Enabled] is not true)
        {
            problems.Add($"{_path}.mig.instances", "cannot be there with mig.enabled not true");
        }

        if (_gpu[MigKeys.Enabled] is true && !_gpu.Has(MigKeys.MaxInstances))
        {
            problems.Add($"{_path}.mig.max_instances", "is missing");
        }

        for (var index = 0; index < instances.Length; index++)
        {
            var path = $"{_path}.mig.instances[{index}]";
            var earlier = instances.Take(index).ToList();
            ValidateInstance(instances[index], earlier, path);
        }
    }

    private void ValidateInstance(KeyedValues instance, List<KeyedValues> earlier, string path)
    {
        var slot = instance[MigInstanceKeys.Slot];
        if (slot >= (_gpu[MigKeys.MaxInstances] ?? 0))
        {
            problems.Add($"{path}.slot", $"{slot} is not below mig.max_instances");
        }

        if (earlier.Any(other => other[MigInstanceKeys.Slot] == slot))
        {
            problems.Add($"{path}.slot", $"{slot} is taken");
        }

        if (earlier.Any(other => IdsOf(other) == IdsOf(instance)))
        {
            problems.Add($"{path}.compute_instance", $"{IdsOf(instance)} is taken");
        }

        var uuid = instance[MigInstanceKeys.Uuid]!;
        var isElsewhere = !_ownersOfInstances.TryAdd(uuid, _gpu.Uuid()) && _ownersOfInstances[uuid] != _gpu.Uuid();
        if (isElsewhere || earlier.Any(other => other[MigInstanceKeys.Uuid] == uuid)
            || scenario.Gpus.Any(gpu => gpu.Uuid() == uuid))
        {
            problems.Add($"{path}.uuid", $"{Json.Quote(uuid)} is that of another device already");
        }

        ValidateMemorySum(
            instance, MigInstanceKeys.MemoryTotalMiB, MigInstanceKeys.MemoryUsedMiB, MigInstanceKeys.MemoryReservedMiB,
            MigInstanceKeys.MemoryFreeMiB, path);
        AtMost(instance, MigInstanceKeys.MemoryUsedMiB, MigInstanceKeys.MemoryTotalMiB, path);
        AtMost(instance, MigInstanceKeys.Bar1UsedMiB, MigInstanceKeys.Bar1TotalMiB, path);
    }

    private static (long? GpuInstance, long? ComputeInstance) IdsOf(KeyedValues instance) =>
        (instance[MigInstanceKeys.GpuInstance], instance[MigInstanceKeys.ComputeInstance]);

    private void ValidateMemorySum(
        KeyedValues values, DecimalKey total, DecimalKey used, DecimalKey reserved, DecimalKey free, string path)
    {
        var isOver = values[used] + values[reserved] + values[free] > values[total] + Rounding;
        if (isOver && !IsAsBefore(total, used, reserved, free))
        {
            problems.Add($"{path}.{used.Path}", "used, reserved and free are more than the total");
        }
    }

    private void AtMost(Key smaller, Key larger) => AtMost(_gpu, smaller, larger, _path);

    private void AtMost(KeyedValues values, Key smaller, Key larger, string path)
    {
        if (Number(values, smaller) > Number(values, larger) && !IsAsBefore(smaller, larger))
        {
            problems.Add(
                $"{path}.{smaller.Path}",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Number(values, smaller)} is more than {larger.Path}, {Number(values, larger)}"));
        }
    }

    private bool IsAsBefore(params ReadOnlySpan<Key> keys)
    {
        foreach (var key in keys)
        {
            if (_before is null || !Equals(_before.Find(key), _gpu.Find(key)))
            {
                return false;
            }
        }

        return true;
    }

    private static double? Number(KeyedValues values, Key key) => values.Find(key) switch
    {
        long number => number,
        double number => number,
        _ => null,
    };
}
