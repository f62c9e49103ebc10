drop schema iopaint;
