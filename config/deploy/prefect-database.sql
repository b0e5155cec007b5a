CREATE DATABASE prefect OWNER lofteskoll;
