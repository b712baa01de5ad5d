#include "tap.h"

#include <sys/wait.h>
#include <unistd.h>

#define GPU(accounting) "{'identity':{'uuid':'GPU-1'},'modes':{'accounting':" accounting ",'accounting_buffer':4000}," \
    "'processes':{'compute':[{'pid':10,'used_mib':512,'sm_percent':40,'memory_percent':7,'started_us':1000},{'pid':11}]," \
    "'graphics':[{'pid':12,'encoder_percent':3}]," \
    "'ended':[{'pid':9,'used_mib':2,'sm_percent':80,'active_ms':1234,'started_us':5}]}}"

TEST(a_process_that_is_active_has_a_utilization)
{
    unsigned int count = 0;
    use_scenario(GPU("true"), "");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetProcessUtilization, device, NULL, &count, 0ull), NVML_ERROR_INSUFFICIENT_SIZE);
    CHECK_EQUAL(count, 2);
    nvmlProcessUtilizationSample_t *samples = guarded(2 * sizeof *samples);
    CHECK_EQUAL(NVML(nvmlDeviceGetProcessUtilization, device, samples, &count, 0ull), NVML_SUCCESS);
    CHECK_EQUAL(samples[0].pid, 10);
    CHECK_EQUAL(samples[0].smUtil, 40);
    CHECK_EQUAL(samples[0].memUtil, 7);
    CHECK_EQUAL(samples[1].pid, 12);
    CHECK_EQUAL(samples[1].encUtil, 3);
    CHECK(samples[1].timeStamp > 0);
    CHECK_GUARD(samples);
    CHECK_EQUAL(NVML(nvmlDeviceGetProcessUtilization, device, samples, &count, ~0ull), NVML_ERROR_NOT_FOUND);
}

TEST(utilization_is_told_with_the_engines_that_came_later)
{
    nvmlProcessesUtilizationInfo_v1_t info = {.version = nvmlProcessesUtilizationInfo_v1 + 1};
    use_scenario(GPU("true"), "");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetProcessesUtilizationInfo, device, &info), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    info.version = nvmlProcessesUtilizationInfo_v1;
    CHECK_EQUAL(NVML(nvmlDeviceGetProcessesUtilizationInfo, device, &info), NVML_ERROR_INSUFFICIENT_SIZE);
    CHECK_EQUAL(info.processSamplesCount, 2);
    info.procUtilArray = guarded(2 * sizeof *info.procUtilArray);
    info.processSamplesCount = 1;
    CHECK_EQUAL(NVML(nvmlDeviceGetProcessesUtilizationInfo, device, &info), NVML_ERROR_INSUFFICIENT_SIZE);
    CHECK_EQUAL(NVML(nvmlDeviceGetProcessesUtilizationInfo, device, &info), NVML_SUCCESS);
    CHECK_EQUAL(info.procUtilArray[0].pid, 10);
    CHECK_EQUAL(info.procUtilArray[0].smUtil, 40);
    CHECK_EQUAL(info.procUtilArray[0].memUtil, 7);
    CHECK_EQUAL(info.procUtilArray[1].pid, 12);
    CHECK_EQUAL(info.procUtilArray[1].encUtil, 3);
    CHECK_EQUAL(info.procUtilArray[1].jpgUtil, 0);
    CHECK(info.procUtilArray[1].timeStamp > 0);
    CHECK_GUARD(info.procUtilArray);
    info.lastSeenTimeStamp = ~0ull;
    CHECK_EQUAL(NVML(nvmlDeviceGetProcessesUtilizationInfo, device, &info), NVML_ERROR_NOT_FOUND);
}

TEST(accounts_are_those_of_running_and_ended_processes)
{
    unsigned int count = 0;
    nvmlAccountingStats_t *stats = guarded(sizeof *stats);
    use_scenario(GPU("true"), "");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingPids, device, &count, NULL), NVML_ERROR_INSUFFICIENT_SIZE);
    CHECK_EQUAL(count, 3);
    unsigned int *pids = guarded(3 * sizeof *pids);
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingPids, device, &count, pids), NVML_SUCCESS);
    CHECK_EQUAL(pids[0], 10);
    CHECK_EQUAL(pids[2], 9);
    CHECK_GUARD(pids);
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingStats, device, 10, stats), NVML_SUCCESS);
    CHECK_EQUAL(stats->gpuUtilization, 40);
    CHECK_EQUAL(stats->maxMemoryUsage, 512ull << 20);
    CHECK_EQUAL(stats->time, 0);
    CHECK_EQUAL(stats->isRunning, 1);
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingStats, device, 9, stats), NVML_SUCCESS);
    CHECK_EQUAL(stats->time, 1234);
    CHECK_EQUAL(stats->startTime, 5);
    CHECK_EQUAL(stats->isRunning, 0);
    CHECK_GUARD(stats);
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingStats, device, 12, stats), NVML_ERROR_NOT_FOUND);
}

TEST(the_second_version_of_accounts_is_asked_for_by_the_process_in_it)
{
    nvmlAccountingStats_v2_t *stats = guarded(sizeof *stats);
    use_scenario(GPU("true"), "");
    nvmlDevice_t device = first_gpu();
    stats->pid = 9;
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingStats_v2, device, stats), NVML_SUCCESS);
    CHECK_EQUAL(stats->pid, 9);
    CHECK_EQUAL(stats->gpuUtilization, 80);
    CHECK_EQUAL(stats->maxMemoryUsage, 2ull << 20);
    CHECK_EQUAL(stats->time, 1234);
    CHECK_EQUAL(stats->startTime, 5);
    CHECK_EQUAL(stats->isRunning, 0);
    stats->pid = 10;
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingStats_v2, device, stats), NVML_SUCCESS);
    CHECK_EQUAL(stats->isRunning, 1);
    CHECK_GUARD(stats);
    stats->pid = 12;
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingStats_v2, device, stats), NVML_ERROR_NOT_FOUND);
}

TEST(without_accounting_there_are_no_accounts)
{
    unsigned int mode = 1;
    unsigned int count = 8;
    nvmlAccountingStats_t stats;
    use_scenario(GPU("false"), "");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingMode, device, &mode), NVML_SUCCESS);
    CHECK_EQUAL(mode, 0);
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingPids, device, &count, &mode), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetAccountingStats, device, 10, &stats), NVML_ERROR_NOT_SUPPORTED);
}

#define COUNTER ",'patterns':[{'gpu':0,'value':'power.energy_joules','shape':'counter','low':0,'rate':1}]"

static unsigned long long energy(void)
{
    unsigned long long millijoules = 0;
    CHECK_EQUAL(NVML(nvmlDeviceGetTotalEnergyConsumption, first_gpu(), &millijoules), NVML_SUCCESS);
    return millijoules;
}

static unsigned long long energy_in_a_child(void)
{
    int ends[2];
    unsigned long long millijoules = 0;
    CHECK_EQUAL(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        millijoules = energy();
        _exit(write(ends[1], &millijoules, sizeof millijoules) != (ssize_t)sizeof millijoules);
    }
    CHECK_EQUAL(read(ends[0], &millijoules, sizeof millijoules), (long long)sizeof millijoules);
    waitpid(child, NULL, 0);
    return millijoules;
}

TEST(counters_that_start_at_boot_are_the_same_in_every_process)
{
    use_scenario_text("{'description':'test','driver':{'state':'loaded','version':'580.105.08','counts_from_boot':true},"
                      "'gpus':[{'identity':{'uuid':'GPU-1'},'power':{'energy_joules':0}}]" COUNTER "}");
    unsigned long long before = energy_in_a_child();
    usleep(20000);
    unsigned long long after = energy_in_a_child();
    double now = seconds_now();
    CHECK(after > before);
    CHECK(after - before < 5000);
    CHECK((double)after / 1000 > now - 5 && (double)after / 1000 < now + 5);
}
