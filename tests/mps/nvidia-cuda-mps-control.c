// A stand-in for NVIDIA's MPS control daemon: the same commands, answers, files, exit codes and habits towards the process
// that starts it, taken from watching 535.261.03 on a machine without a GPU. It controls nothing.
//
// What it is told by a file "behaviour" beside the executable, one word a line, read each time:
//   refuse        -d prints why and ends with 1
//   stay          -d does not go into the background
//   mute          the daemon takes questions and does not answer
//   garbage       it answers what no daemon would
//   client=PID    its server, which start_server makes, has this client
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_DEVICES = 64, MOST_TEXT = 4096 };

static const char *pipe_directory;
static const char *log_directory;
static FILE *control_log;
static double percentage = 100;
static char memory_limits[MOST_DEVICES][32];
static pid_t server;

static void path_in(char *path, size_t size, const char *folder, const char *name)
{
    snprintf(path, size, "%s/%s", folder, name);
}

// Whether the file of the test has a line that begins so; the rest of it goes to value.
static int told(const char *word, char *value, size_t size)
{
    char path[PATH_MAX] = "", line[256];
    if (readlink("/proc/self/exe", path, sizeof path - 1) < 0)
    {
        return 0;
    }

    char file[PATH_MAX + 16];
    path_in(file, sizeof file, dirname(path), "behaviour");
    FILE *stream = fopen(file, "r");
    int found = 0;
    while (stream != NULL && !found && fgets(line, sizeof line, stream) != NULL)
    {
        line[strcspn(line, "\n")] = '\0';
        found = strncmp(line, word, strlen(word)) == 0;
        if (found && value != NULL)
        {
            snprintf(value, size, "%s", line + strlen(word));
        }
    }

    if (stream != NULL)
    {
        fclose(stream);
    }

    return found;
}

static void note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(control_log, "[Control %d] ", getpid());
    vfprintf(control_log, format, arguments);
    fputc('\n', control_log);
    fflush(control_log);
    va_end(arguments);
}

static int open_socket(const char *name, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (snprintf(address->sun_path, sizeof address->sun_path, "%s/%s", pipe_directory, name)
        >= (int)sizeof address->sun_path)
    {
        errno = ENAMETOOLONG;
        return -1;
    }

    return socket(AF_UNIX, SOCK_SEQPACKET, 0);
}

static int listen_on(const char *name, mode_t mode)
{
    struct sockaddr_un address;
    int listener = open_socket(name, &address);
    if (listener < 0)
    {
        return -1;
    }

    unlink(address.sun_path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 16) < 0)
    {
        return -1;
    }

    chmod(address.sun_path, mode);
    return listener;
}

// The lock that the real one holds on its folder for as long as it lives.
static void lock_folder(void)
{
    char path[PATH_MAX];
    path_in(path, sizeof path, pipe_directory, "control_lock");
    int lock = open(path, O_RDWR | O_CREAT, 0666);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (lock < 0)
    {
        printf("Cannot access CUDA_MPS_PIPE_DIRECTORY=%s\n", pipe_directory);
        exit(1);
    }

    if (fcntl(lock, F_SETLK, &whole) < 0)
    {
        printf("An instance of this daemon is already running\n");
        exit(1);
    }

    // Locks are a process's own: the daemon, a child of this one, takes it again.
    close(lock);
}

static void hold_lock(void)
{
    char path[PATH_MAX];
    path_in(path, sizeof path, pipe_directory, "control_lock");
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    fcntl(open(path, O_RDWR | O_CREAT, 0666), F_SETLK, &whole);
}

static void start_server(void)
{
    server = fork();
    if (server == 0)
    {
        // A socket that is still open here would take questions for a daemon that is dead.
        close_range(3, ~0U, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }

    note("Starting new server %d for user 0", server);
}

static int has_client(void)
{
    char client[32];
    return told("client=", client, sizeof client);
}

// True when the daemon is to end now.
static int quit(const char *command)
{
    if (has_client() && strstr(command, "-t") == NULL)
    {
        return 0;
    }

    if (server > 0)
    {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }

    return 1;
}

static int limit_memory(const char *command, char *answer, size_t size)
{
    int device;
    char limit[32];
    if (sscanf(command, "set_default_device_pinned_mem_limit %d %31s", &device, limit) == 2
        && device >= 0 && device < MOST_DEVICES)
    {
        snprintf(memory_limits[device], sizeof memory_limits[device], "%s", limit);
        return 1;
    }

    if (sscanf(command, "get_default_device_pinned_mem_limit %d", &device) == 1 && device >= 0 && device < MOST_DEVICES)
    {
        snprintf(answer, size, "%s\n", memory_limits[device]);
        return 1;
    }

    return 0;
}

static void answer_to(const char *command, char *answer, size_t size)
{
    int pid;
    char client[32] = "";
    answer[0] = '\0';
    if (told("garbage", NULL, 0))
    {
        snprintf(answer, size, "no number at all\n");
    }
    else if (sscanf(command, "set_default_active_thread_percentage %lf", &percentage) == 1
        || strcmp(command, "get_default_active_thread_percentage") == 0)
    {
        snprintf(answer, size, "%.1f\n", percentage);
    }
    else if (limit_memory(command, answer, size))
    {
        return;
    }
    else if (strncmp(command, "start_server", 12) == 0)
    {
        start_server();
    }
    else if (strcmp(command, "get_server_list") == 0)
    {
        if (server > 0)
        {
            snprintf(answer, size, "%d\n", server);
        }
    }
    else if (sscanf(command, "get_client_list %d", &pid) == 1)
    {
        if (pid != server)
        {
            snprintf(answer, size, "Server %d not found\n", pid);
        }
        else if (told("client=", client, sizeof client))
        {
            snprintf(answer, size, "%s\n", client);
        }
    }
    else
    {
        snprintf(answer, size, "Unknown command \"%.100s\"\n", command);
    }
}

static void serve(int listener)
{
    char command[MOST_TEXT], answer[MOST_TEXT], path[PATH_MAX];
    for (;;)
    {
        int peer = accept(listener, NULL, NULL);
        ssize_t length;
        while ((length = recv(peer, command, sizeof command - 1, 0)) > 0)
        {
            command[length] = '\0';
            note("Cmd:%s", command);
            if (told("mute", NULL, 0))
            {
                // Whoever asked waits until it is killed.
                while (recv(peer, command, sizeof command, 0) > 0)
                {
                }

                break;
            }

            if (strncmp(command, "quit", 4) == 0)
            {
                while (!quit(command))
                {
                    usleep(50 * 1000);
                }

                path_in(path, sizeof path, pipe_directory, "log");
                unlink(path);
                note("Exit with status 0");
                exit(0);
            }

            answer_to(command, answer, sizeof answer);
            send(peer, answer, strlen(answer) + 1, MSG_NOSIGNAL);
        }

        close(peer);
    }
}

static int be_daemon(void)
{
    char path[PATH_MAX], reason[128];
    if (told("refuse", reason, sizeof reason))
    {
        printf("The test wants no daemon%s\n", reason);
        return 1;
    }

    if (told("stay", NULL, 0))
    {
        pause();
    }

    lock_folder();
    int listener = listen_on("control", 0666);
    if (listener < 0 || listen_on("control_privileged", 0755) < 0)
    {
        return 1;
    }

    path_in(path, sizeof path, pipe_directory, "log");
    mkfifo(path, 0777);
    open(path, O_RDWR);
    path_in(path, sizeof path, log_directory, "control.log");
    control_log = fopen(path, "a");
    if (control_log == NULL)
    {
        printf("Cannot access CUDA_MPS_LOG_DIRECTORY=%s\n", log_directory);
        return 1;
    }

    if (fork() > 0)
    {
        return 0;
    }

    // Neither the working folder nor any other descriptor: whoever starts it has to see to them.
    setsid();
    int nowhere = open("/dev/null", O_RDWR);
    for (int stream = 0; stream < 3; stream++)
    {
        dup2(nowhere, stream);
    }

    hold_lock();
    note("Starting control daemon using socket %s/control", pipe_directory);
    serve(listener);
    return 0;
}

static int be_front_end(void)
{
    char command[MOST_TEXT], answer[MOST_TEXT];
    struct sockaddr_un address;
    int peer = open_socket("control", &address);
    if (peer < 0 || connect(peer, (struct sockaddr *)&address, sizeof address) < 0)
    {
        fprintf(stderr, "Cannot find MPS control daemon process\n");
        return 1;
    }

    while (fgets(command, sizeof command, stdin) != NULL)
    {
        command[strcspn(command, "\n")] = '\0';
        send(peer, command, strlen(command) + 1, MSG_NOSIGNAL);
        if (recv(peer, answer, sizeof answer, 0) <= 0)
        {
            // It has ended, which is the answer to quit.
            return 0;
        }

        fputs(answer, stdout);
    }

    return 0;
}

int main(int count, char **arguments)
{
    pipe_directory = getenv("CUDA_MPS_PIPE_DIRECTORY");
    log_directory = getenv("CUDA_MPS_LOG_DIRECTORY");
    pipe_directory = pipe_directory != NULL ? pipe_directory : "/tmp/nvidia-mps";
    log_directory = log_directory != NULL ? log_directory : "/var/log/nvidia-mps";
    return count > 1 && strcmp(arguments[1], "-d") == 0 ? be_daemon() : be_front_end();
}
