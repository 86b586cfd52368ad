/* One function run by many threads at once, on whatever threads the system has; on none of them, by the caller alone. */
#ifndef TAGPRESS_TOGETHER_H
#define TAGPRESS_TOGETHER_H

#include <stddef.h>

#define MAX_THREADS 256

typedef void work_fn(void *job);

struct together {
    work_fn *work;
    void *job;
};

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <process.h>

typedef HANDLE together_thread;

static unsigned __stdcall together_run(void *argument)
{
    const struct together *own = argument;
    own->work(own->job);
    return 0;
}

static int together_start(together_thread *thread, struct together *own)
{
    *thread = (HANDLE)_beginthreadex(NULL, 0, together_run, own, 0, NULL);
    return *thread != NULL;
}

static void together_join(together_thread thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}
#elif defined(__unix__) || defined(__APPLE__)
#include <pthread.h>

typedef pthread_t together_thread;

static void *together_run(void *argument)
{
    const struct together *own = argument;
    own->work(own->job);
    return NULL;
}

static int together_start(together_thread *thread, struct together *own)
{
    return !pthread_create(thread, NULL, together_run, own);
}

static void together_join(together_thread thread) { pthread_join(thread, NULL); }
#else
typedef int together_thread;

static int together_start(together_thread *thread, struct together *own)
{
    (void)thread, (void)own;
    return 0;
}

static void together_join(together_thread thread) { (void)thread; }
#endif

/* `work(job)` by `n_threads` (at most MAX_THREADS), the caller among them; by fewer where the system gives no more. */
static void together(work_fn *work, void *job, size_t n_threads)
{
    struct together own = {work, job};
    together_thread threads[MAX_THREADS];
    size_t started = 0;
    if (n_threads > MAX_THREADS) n_threads = MAX_THREADS;
    while (started + 1 < n_threads && together_start(&threads[started], &own)) started++;
    work(job);
    for (size_t i = 0; i < started; i++) together_join(threads[i]);
}

#endif
