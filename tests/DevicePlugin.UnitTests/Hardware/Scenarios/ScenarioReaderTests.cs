using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.UnitTests.Hardware.Scenarios;

internal sealed class ScenarioReaderTests
{
    private const string MigMembers =
        "'mig': {'enabled': true, 'max_instances': 2, 'instances': [" +
        "{'slot': 0, 'gpu_instance': 1, 'compute_instance': 0, 'uuid': 'MIG-a', 'name': 'N MIG 1g'}, ";

    [TestCase("'power': {'wattage': 3}", "$.gpus[0].power.wattage: is no key that is known here")]
    [TestCase("'colour': 3", "$.gpus[0].colour: is no key that is known here")]
    [TestCase("'power': {'usage_watts': '3'}", "$.gpus[0].power.usage_watts: must be a number, not \"3\"")]
    [TestCase("'power': {'usage_watts': 1e999}", "$.gpus[0].power.usage_watts: 1e999 is not within 0..100000")]
    [TestCase("'power': {'usage_watts': 1, 'usage_watts': 2}", "$.gpus[0].power.usage_watts: is there twice")]
    [TestCase("'power': [1]", "$.gpus[0].power: must be an object, not a list")]
    [TestCase("'clocks': {'sm_mhz': 1.5}", "$.gpus[0].clocks.sm_mhz: must be a whole number, not 1.5")]
    [TestCase("'utilization': {'gpu_percent': 101}", "$.gpus[0].utilization.gpu_percent: 101 is not within 0..100")]
    [TestCase("'state': null", "$.gpus[0].state: must not be null")]
    [TestCase("'state': 'dead'", "$.gpus[0].state: \"dead\" is none of ok, lost")]
    [TestCase("'ecc': {'enabled': 1}", "$.gpus[0].ecc.enabled: must be true or false, not 1")]
    [TestCase("'pci': {'bus_id': '3b:00'}", "$.gpus[0].pci.bus_id: \"3b:00\" does not have the form")]
    [TestCase("'fabric': {'state': -1}", "$.gpus[0].fabric.state: -1 is not a number from 0")]
    [TestCase("'clocks': {'event_reasons': ['idle', 'idle']}", "$.gpus[0].clocks.event_reasons: names a word twice")]
    [TestCase("'clocks': {'event_reasons': ['lazy']}", "$.gpus[0].clocks.event_reasons[0]: \"lazy\" is none of")]
    [TestCase("'model': 'h100'", "$.gpus[0].model: \"h100\" is not among the models")]
    [TestCase(
        "'memory': {'total_mib': 10, 'used_mib': 11}",
        "$.gpus[0].memory.used_mib: 11 is more than memory.total_mib, 10")]
    [TestCase(
        "'memory': {'total_mib': 10, 'used_mib': 8, 'free_mib': 8, 'reserved_mib': 0}",
        "$.gpus[0].memory.used_mib: used, reserved and free are more")]
    [TestCase("'memory': {'unified': true}", "$.gpus[0].memory.unified: needs system.memory_total_mib")]
    [TestCase(
        "'power': {'min_limit_watts': 5, 'max_limit_watts': 4}",
        "$.gpus[0].power.min_limit_watts: 5 is more than power.max_limit_watts, 4")]
    [TestCase(
        "'pci': {'generation': 5, 'max_generation': 4}",
        "$.gpus[0].pci.generation: 5 is more than pci.max_generation, 4")]
    [TestCase("'nvlink': {'links': 2, 'down': [2]}", "$.gpus[0].nvlink.down: names link 2 of 2")]
    [TestCase("'processes': {'compute': [{'name': 'a'}]}", "$.gpus[0].processes.compute[0].pid: is missing")]
    [TestCase("'mig': {'enabled': true}", "$.gpus[0].mig.max_instances: is missing")]
    [TestCase(MigMembers + "{'slot': 0, 'gpu_instance': 1, 'compute_instance': 0, 'uuid': 'MIG-b', 'name': 'b'}]}",
        "$.gpus[0].mig.instances[1].slot: 0 is taken")]
    [TestCase(MigMembers + "{'slot': 1, 'gpu_instance': 2, 'compute_instance': 0, 'uuid': 'MIG-a', 'name': 'b'}]}",
        "$.gpus[0].mig.instances[1].uuid: \"MIG-a\" is that of another device already")]
    [TestCase(MigMembers + "{'slot': 2, 'gpu_instance': 2, 'compute_instance': 0, 'uuid': 'MIG-b', 'name': 'b'}]}",
        "$.gpus[0].mig.instances[1].slot: 2 is not below mig.max_instances")]
    public void Gpu_Wrong_IsRefusedWithPath(string member, string problem) =>
        Assert.That(ScenarioText.ProblemsOf(ScenarioText.Of(member)), Has.Some.StartsWith(problem));

    [Test]
    public void MigInstances_MigModeOff_AreRefused()
    {
        var member = (MigMembers + "{}]}").Replace(", {}", "", StringComparison.Ordinal)
            .Replace("'enabled': true", "'enabled': false", StringComparison.Ordinal);

        Assert.That(
            ScenarioText.ProblemsOf(ScenarioText.Of(member)),
            Has.Some.StartsWith("$.gpus[0].mig.instances: cannot be there"));
    }

    [TestCase("'timeline': [{'id': 'a', 'at': 1}]", "$.timeline[0]: does nothing")]
    [TestCase(
        "'timeline': [{'id': 'a', 'at': -1, 'driver': {'state': 'loaded'}}]",
        "$.timeline[0].at: -1 is not within")]
    [TestCase(
        "'timeline': [{'id': 'a', 'at': 1, 'driver': {'state': null}}]",
        "$.timeline[0].driver.state: must not be null")]
    [TestCase(
        "'timeline': [{'id': 'a', 'at': 1, 'event': {'type': 'xid', 'data': 79}}]",
        "$.timeline[0].gpu: is missing")]
    [TestCase(
        "'timeline': [{'id': 'a', 'at': 1, 'gpu': 2, 'set': {'state': 'lost'}}]",
        "$.timeline[0].gpu: \"2\" names none of the 2 GPUs")]
    [TestCase(
        "'timeline': [{'id': 'a', 'at': 1, 'gpu': 'GPU-x', 'set': {'state': 'lost'}}]",
        "$.timeline[0].gpu: \"GPU-x\" names none")]
    [TestCase(
        "'timeline': [{'id': 'a', 'at': 1, 'gpu': 0, 'set': {'identity': {'uuid': 'GPU-n'}}}]",
        "$.timeline[0].set.identity.uuid: cannot change")]
    [TestCase(
        "'timeline': [{'id': 'a', 'at': 1, 'gpu': 0, 'set': {'memory': {'total_mib': 1, 'used_mib': 2}}}]",
        "$.timeline[0].set.memory.used_mib: 2 is more than")]
    [TestCase(
        "'timeline': [{'id': 'a', 'at': 1, 'gpu': 0, 'event': {'type': 'xid', 'compute_instance': 0}}]",
        "$.timeline[0].event.compute_instance: needs gpu_instance")]
    [TestCase(
        "'timeline': [{'id': 'a', 'at': 1, 'system': {}}, {'id': 'a', 'at': 2, 'system': {}}]",
        "$.timeline[1].id: \"a\" is there twice")]
    [TestCase("'calls': [{'id': 'a', 'function': 'strlen'}]", "$.calls[0].function: \"strlen\" does not have the form")]
    [TestCase(
        "'calls': [{'id': 'a', 'function': 'nvmlInit', 'return': 'OOPS'}]",
        "$.calls[0].return: \"OOPS\" is none of SUCCESS")]
    [TestCase(
        "'calls': [{'id': 'a', 'function': 'nvmlInit', 'at': 5, 'until': 5}]",
        "$.calls[0].until: must be later than at")]
    [TestCase(
        "'calls': [{'id': 'a', 'function': 'nvmlInit', 'field': 230}]",
        "$.calls[0].field: is for nvmlDeviceGetFieldValues")]
    [TestCase(
        "'calls': [{'id': 'a', 'function': 'nvmlInit'}, {'id': 'a', 'function': 'nvmlInit'}]",
        "$.calls[1].id: \"a\" is there twice")]
    [TestCase(
        "'patterns': [{'gpu': 0, 'value': 'power.name', 'shape': 'constant', 'low': 1}]",
        "$.patterns[0].value: \"power.name\" is no number of a GPU")]
    [TestCase(
        "'patterns': [{'gpu': 0, 'value': 'thermal.gpu_c', 'shape': 'sine', 'low': 1}]",
        "$.patterns[0].high: is missing; sine needs it")]
    [TestCase(
        "'patterns': [{'gpu': 0, 'value': 'thermal.gpu_c', 'shape': 'constant', 'low': 1, 'rate': 1}]",
        "$.patterns[0].rate: is not for constant")]
    [TestCase(
        "'patterns': [{'gpu': 0, 'value': 'utilization.gpu_percent', 'shape': 'constant', 'low': 101}]",
        "$.patterns[0].low: 101 is not within 0..100")]
    [TestCase(
        "'patterns': [{'gpu': 0, 'value': 'thermal.gpu_c', 'shape': 'constant', 'low': 1}, " +
        "{'gpu': 'all', 'value': 'thermal.gpu_c', 'shape': 'constant', 'low': 1}]",
        "$.patterns[1].value: thermal.gpu_c has a pattern already")]
    [TestCase("'system': {'memory_total_mib': -1}", "$.system.memory_total_mib: -1 is not within")]
    [TestCase("'models': {'m': {'identity': {'uuid': 'GPU-m'}}}", "$.models.m.identity.uuid: belongs to one GPU")]
    [TestCase("'extra key': 1", "$[\"extra key\"]: is no key that is known here")]
    public void File_Wrong_IsRefusedWithPath(string member, string problem) =>
        Assert.That(ScenarioText.ProblemsOf(ScenarioText.Of(more: member)), Has.Some.StartsWith(problem));

    [Test]
    public void SeveralProblems_AreNamedAtOnce()
    {
        var problems = ScenarioText.ProblemsOf(
            """{"gpus": [{"identity": {"uuid": 1}}, 5], "driver": {"state": "on"}, "x": 1}""");

        Assert.That(problems, Is.SupersetOf((string[])
        [
            "$.x: is no key that is known here",
            "$.description: is missing",
            "$.gpus[0].identity.uuid: must be text, not 1",
            "$.gpus[1]: must be an object, not 5",
        ]));
    }

    [Test]
    public void TwoGpus_WithOneIdentity_AreRefused()
    {
        var problems = ScenarioText.ProblemsOf(
            """
            {"description": "d", "driver": {"state": "loaded"}, "gpus": [
              {"identity": {"uuid": "GPU-a", "name": "n", "minor_number": 1}, "pci": {"bus_id": "0000:3b:00.0"}},
              {"identity": {"uuid": "GPU-a", "name": "n", "minor_number": 1}, "pci": {"bus_id": "00000000:3B:00.0"}}]}
            """);

        Assert.That(problems, Is.EquivalentTo((string[])
        [
            "$.gpus[1].identity.uuid: GPU-a is that of $.gpus[0] already",
            "$.gpus[1].pci.bus_id: 0000:3b:00.0 is that of $.gpus[0] already",
            "$.gpus[1].identity.minor_number: 1 is that of $.gpus[0] already",
        ]));
    }

    [Test]
    public void TimelineEntry_GpuThatIsNeverPresent_IsRefused()
    {
        var json = ScenarioText.Of(
            "'present': false",
            "'timeline': [{'id': 'a', 'at': 1, 'gpu': 0, 'event': {'type': 'xid', 'data': 79}}]");

        Assert.That(ScenarioText.ProblemsOf(json), Has.Some.Contains("never present"));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[1, 2,]")]
    [TestCase("{\"description\": \"\\ud800\"}")]
    [TestCase("{\"\\ud800\": 1}")]
    public void NoJson_IsOneProblem(string text) =>
        Assert.That(ScenarioText.ProblemsOf(text), Has.Count.EqualTo(1).And.One.StartsWith("$: "));

    [Test]
    public void Gpu_TakesFromItsModelWhatItDoesNotSay()
    {
        var gpu = ScenarioText.Parse(ScenarioText.Of(
            "'model': 'm', 'power': {'usage_watts': 9, 'limit_watts': null}, 'bar1': null",
            """
            "models": {"m": {"power": {"usage_watts": 5, "limit_watts": 7, "max_limit_watts": 8},
                             "bar1": {"total_mib": 256}, "modes": {"compute": 77}}}
            """)).Gpus[0];

        Assert.Multiple(() =>
        {
            Assert.That(gpu[PowerKeys.UsageWatts], Is.EqualTo(9));
            Assert.That(gpu[PowerKeys.LimitWatts], Is.Null, "null is NOT_SUPPORTED, whatever the model says");
            Assert.That(gpu[PowerKeys.MaxLimitWatts], Is.EqualTo(8));
            Assert.That(gpu[Bar1Keys.TotalMiB], Is.Null);
            Assert.That(gpu[ModesKeys.Compute], Is.EqualTo("77"), "a number without a word stays the number");
        });
    }

    [Test]
    public void Equality_LooksAtTheNode_NotAtTheFile()
    {
        var plain = ScenarioText.Parse(ScenarioText.Of("'power': {'usage_watts': 5}, 'present': true"));
        var modelled = ScenarioText.Parse(ScenarioText.Of(
            "'model': 'm', 'bar1': null", "'models': {'m': {'power': {'usage_watts': 5.0}}}"));
        var other = ScenarioText.Parse(ScenarioText.Of("'power': {'usage_watts': 6}"));

        Assert.Multiple(() =>
        {
            Assert.That(modelled, Is.EqualTo(plain));
            Assert.That(other, Is.Not.EqualTo(plain));
        });
    }
}
