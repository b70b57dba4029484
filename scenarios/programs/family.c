/*
 * A family of processes at work: two children with a pipe between them, a thread that shares memory with
 * its maker, a child that stops itself, one that stays a zombie for a while, and a grandchild that is left
 * alone. Every number in the output went through a pipe, a signal, shared memory or an exit status.
 */
#include "crucible.h"

enum { SIGUSR1 = 10, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19 };
enum { SA_RESTART = 0x10000000, WUNTRACED = 2 };
enum { FUTEX_WAIT = 0 };
enum {
	CLONE_VM = 0x100,
	CLONE_FS = 0x200,
	CLONE_FILES = 0x400,
	CLONE_SIGHAND = 0x800,
	CLONE_THREAD = 0x10000,
	CLONE_PARENT_SETTID = 0x100000,
	CLONE_CHILD_CLEARTID = 0x200000,
};
enum { NUMBERS = 5, ROUNDS = 300, STATUS = 9 };

static struct line line;
static volatile u64 counter;
static volatile u32 thread_id;
static volatile u64 signals;
static u8 thread_stack[4096] __attribute__((aligned(16)));

static s64 fork(void)
{
	return CALL6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
}

static int wait_for(s64 pid, int options)
{
	int status = -1;

	CALL4(SYS_wait4, pid, &status, options, 0);
	return status;
}

static void say(const char *what, s64 number)
{
	put(&line, what);
	put_char(&line, ' ');
	put_number(&line, number);
	end_line(&line, STDOUT);
}

/* Numbers go from one child to the other, and their sum comes back as an exit status. */
static void pipeline(void)
{
	int ends[2];
	s64 writer, reader;

	CALL2(SYS_pipe2, ends, 0);
	writer = fork();
	if (writer == 0) {
		CALL1(SYS_close, ends[0]);
		for (u64 number = 1; number <= NUMBERS; number++) {
			CALL3(SYS_write, ends[1], &number, sizeof(number));
			sleep_ms(1);
		}
		leave(0);
	}
	reader = fork();
	if (reader == 0) {
		u64 sum = 0;
		u64 number;

		CALL1(SYS_close, ends[1]);
		while (CALL3(SYS_read, ends[0], &number, sizeof(number)) == sizeof(number))
			sum += number;
		leave(sum);
	}
	CALL1(SYS_close, ends[0]);
	CALL1(SYS_close, ends[1]);
	say("the reader's sum is", wait_for(reader, 0) >> 8);
	say("the writer's status is", wait_for(writer, 0));
}

__attribute__((used)) static void thread_main(void)
{
	for (int i = 0; i < ROUNDS; i++)
		__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	sleep_ms(2);
	CALL1(SYS_exit, 0);
}

/* The child of clone begins behind the call, on a stack without frames. */
static s64 start_thread(void)
{
	register s64 a0 asm("a0") = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				    CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	register s64 a1 asm("a1") = (s64)(thread_stack + sizeof(thread_stack));
	register s64 a2 asm("a2") = (s64)&thread_id;
	register s64 a3 asm("a3") = 0;
	register s64 a4 asm("a4") = (s64)&thread_id;
	register s64 a7 asm("a7") = SYS_clone;

	asm volatile("ecall\n"
		     "	bnez	a0, 1f\n"
		     "	call	thread_main\n"
		     "1:"
		     : "+r"(a0)
		     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7)
		     : "memory", "ra");
	return a0;
}

/* A thread and its maker count together. */
static void threads(void)
{
	u32 id;

	start_thread();
	for (int i = 0; i < ROUNDS; i++)
		__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	while ((id = thread_id) != 0)
		CALL4(SYS_futex, &thread_id, FUTEX_WAIT, id, 0);
	say("two threads counted to", counter);
}

static void on_signal(int signo)
{
	signals += signo;
}

/* A child stops itself, is continued, and signals its parent before it ends. */
static void job(void)
{
	static struct {
		void (*handler)(int);
		u64 flags;
		u64 mask;
	} action = { on_signal, SA_RESTART, 0 };
	s64 parent = getpid();
	s64 child;

	CALL4(SYS_rt_sigaction, SIGUSR1, &action, 0, sizeof(action.mask));
	child = fork();
	if (child == 0) {
		CALL2(SYS_kill, getpid(), SIGSTOP);
		CALL2(SYS_kill, parent, SIGUSR1);
		leave(STATUS);
	}
	say("the job was stopped by", wait_for(child, WUNTRACED) >> 8);
	CALL2(SYS_kill, child, SIGCONT);
	say("the job's status is", wait_for(child, 0) >> 8);
	say("signals that came add up to", signals);
}

/* A child is a zombie while its parent sleeps; a grandchild outlives its parent. */
static void zombie_and_orphan(void)
{
	int ends[2];
	char word[8] = "";
	s64 child;

	CALL2(SYS_pipe2, ends, 0);
	child = fork();
	if (child == 0) {
		if (fork() == 0) {
			sleep_ms(5);
			CALL3(SYS_write, ends[1], "alone", 5);
			leave(0);
		}
		leave(STATUS);
	}
	CALL1(SYS_close, ends[1]);
	sleep_ms(2);
	say("the zombie's status is", wait_for(child, 0) >> 8);
	CALL3(SYS_read, ends[0], word, 5);
	put(&line, "the orphan says: ");
	put(&line, word);
	end_line(&line, STDOUT);
	CALL1(SYS_close, ends[0]);
}

int guest_main(void)
{
	begin_line(&line);
	pipeline();
	threads();
	job();
	zombie_and_orphan();
	return STATUS;
}
